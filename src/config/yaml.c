// YAML text to a flat list of entries. libyaml gives events; sections, duplicates and depth are
// judged here, so that every refusal names file and line.
#include "mq/config/yaml.h"

#include <string.h>
#include <yaml.h>

#include "mq/base/alloc.h"

enum { ENTRIES_MAX = 4096 }; // duplicates are found by a linear search

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; // the current one, owned; type 0 (none) at first
    const char *file;
    const char *bytes;
    size_t n;
};

static mq_status reader_open(struct reader *reader, const char *file, const char *bytes, size_t n)
{
    *reader = (struct reader){.file = file, .bytes = bytes, .n = n};
    if (!yaml_parser_initialize(&reader->parser)) return mq_fail_memory("reading YAML");
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)bytes, n);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    return MQ_OK;
}

static void reader_close(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    yaml_parser_delete(&reader->parser);
}

static long long line_of(const struct reader *reader)
{
    return (long long)reader->event.start_mark.line + 1;
}

static size_t offset_of_line(const struct reader *reader, long long line)
{
    size_t offset = 0;
    for (long long i = 1; i < line; i++) {
        const char *end = memchr(reader->bytes + offset, '\n', reader->n - offset);
        if (end == NULL) break;
        offset = (size_t)(end - reader->bytes) + 1;
    }
    return offset;
}

static bool line_is_indented_by_tab(const struct reader *reader, long long line)
{
    const char *end = reader->bytes + reader->n;
    const char *c = reader->bytes + offset_of_line(reader, line);
    while (c < end && *c == ' ')
        c++;
    return c < end && *c == '\t';
}

static mq_status refuse_syntax(const struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR) return mq_fail_memory("reading YAML");
    long long line = (long long)parser->problem_mark.line + 1;
    if (parser->error == YAML_READER_ERROR) { // knows an offset, but no mark
        line = 1;
        for (size_t i = 0; i < parser->problem_offset && i < reader->n; i++)
            line += reader->bytes[i] == '\n';
    }
    const char *problem = parser->problem != NULL ? parser->problem : "unreadable";
    if (parser->context != NULL)
        (void)mq_fail(MQ_USAGE, "%s:%lld: not valid YAML: %s, %s", reader->file, line, problem,
                      parser->context);
    else
        (void)mq_fail(MQ_USAGE, "%s:%lld: not valid YAML: %s", reader->file, line, problem);
    if (line_is_indented_by_tab(reader, line)) return mq_hint("indent with spaces, not with tabs");
    return MQ_USAGE;
}

static mq_status advance(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    if (!yaml_parser_parse(&reader->parser, &reader->event)) return refuse_syntax(reader);
    if (reader->event.type == YAML_ALIAS_EVENT) {
        (void)mq_fail(MQ_USAGE, "%s:%lld: alias '*%s' is not supported", reader->file,
                      line_of(reader), (const char *)reader->event.data.alias.anchor);
        return mq_hint("write the value out");
    }
    return MQ_OK;
}

// The text of the current event, which must be a scalar; valid until the next advance.
static mq_status scalar_text(const struct reader *reader, const char *what, const char **text)
{
    if (reader->event.type != YAML_SCALAR_EVENT)
        return mq_fail(MQ_USAGE, "%s:%lld: %s", reader->file, line_of(reader), what);
    *text = (const char *)reader->event.data.scalar.value;
    if (strlen(*text) != reader->event.data.scalar.length)
        return mq_fail(MQ_USAGE, "%s:%lld: text holds a NUL byte", reader->file, line_of(reader));
    return MQ_OK;
}

static bool is_plain(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    if (*text == '\0') return false;
    const char *first = *text == '-' || *text == '.' || *text == '/' ? text + 1 : text;
    if (*first == '\0' || strchr(letters, *first) == NULL) return false;
    for (const char *c = first; *c != '\0'; c++)
        if (strchr(letters, *c) == NULL && strchr("_-+./", *c) == NULL) return false;
    return true;
}

mq_status mq_yaml_quote(struct mq_str *yaml, const char *text)
{
    if (is_plain(text)) return mq_str_add(yaml, text);
    MQ_TRY(mq_str_add(yaml, "\""));
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '\n') {
            MQ_TRY(mq_str_add(yaml, "\\n"));
            continue;
        }
        if (*c == '"' || *c == '\\') MQ_TRY(mq_str_add(yaml, "\\"));
        MQ_TRY(mq_str_add_bytes(yaml, c, 1));
    }
    return mq_str_add(yaml, "\"");
}

// Reads scalars up to the end of the mapping, of which the start was read, as "{a: 1, b: 2}".
static mq_status read_flat_mapping(struct reader *reader, struct mq_str *list)
{
    MQ_TRY(mq_str_add(list, "{"));
    for (int64_t i = 0;; i++) {
        MQ_TRY(advance(reader));
        if (reader->event.type == YAML_MAPPING_END_EVENT) return mq_str_add(list, "}");
        const char *text = NULL;
        MQ_TRY(scalar_text(reader, "nested too deep: expected plain values", &text));
        if (i > 0) MQ_TRY(mq_str_add(list, i % 2 == 1 ? ": " : ", "));
        MQ_TRY(mq_yaml_quote(list, text));
    }
}

static mq_status read_element(struct reader *reader, struct mq_str *list)
{
    const char *text = NULL;
    if (reader->event.type == YAML_MAPPING_START_EVENT) return read_flat_mapping(reader, list);
    MQ_TRY(scalar_text(reader, "nested too deep: expected a list of plain values", &text));
    return mq_yaml_quote(list, text);
}

// Reads elements up to the end of the sequence as "[a, b]".
static mq_status read_list(struct reader *reader, const char *section, const char *key,
                           struct mq_str *list)
{
    MQ_TRY(mq_str_add(list, "["));
    for (int64_t i = 0;; i++) {
        MQ_TRY(advance(reader));
        if (reader->event.type == YAML_SEQUENCE_END_EVENT) return mq_str_add(list, "]");
        if (i > 0) MQ_TRY(mq_str_add(list, ", "));
        const mq_status status = read_element(reader, list);
        if (status == MQ_USAGE) {
            const struct mq_error error = *mq_error_get();
            (void)mq_fail(status, "%s", error.message);
            return mq_hint("%s%s%s takes a list such as [a, b]", section, *section ? "." : "", key);
        }
        MQ_TRY(status);
    }
}

static const struct mq_yaml_entry *find_entry(const struct mq_yaml *yaml, const char *section,
                                              const char *key)
{
    for (int64_t i = 0; i < yaml->n; i++) {
        const struct mq_yaml_entry *entry = &yaml->entries[i];
        if (strcmp(entry->section, section) == 0 && (key == NULL || strcmp(entry->key, key) == 0))
            return entry;
    }
    return NULL;
}

// A name may stand once: as a key of its section, or as a section.
static mq_status refuse_duplicate(const struct reader *reader, const struct mq_yaml *yaml,
                                  const char *section, const char *key)
{
    const bool is_top = *section == '\0';
    const struct mq_yaml_entry *first = find_entry(yaml, section, key);
    if (first == NULL && is_top && *key != '\0') first = find_entry(yaml, key, NULL);
    if (first == NULL) return MQ_OK;
    return mq_fail(MQ_USAGE, "%s:%lld: %s%s%s is given twice, first at line %lld", reader->file,
                   line_of(reader), section, is_top ? "" : ".", key, (long long)first->line);
}

static mq_status add_entry(struct mq_yaml *yaml, const struct reader *reader, const char *section,
                           const char *key, int64_t line)
{
    if (yaml->n == ENTRIES_MAX)
        return mq_fail(MQ_USAGE, "%s:%lld: more than %d keys", reader->file, (long long)line,
                       ENTRIES_MAX);
    if (yaml->entries == NULL) MQ_NEW(yaml->entries, ENTRIES_MAX);
    struct mq_yaml_entry *entry = &yaml->entries[yaml->n++];
    *entry =
        (struct mq_yaml_entry){.section = mq_strdup(section), .key = mq_strdup(key), .line = line};
    return entry->section != NULL && entry->key != NULL ? MQ_OK : MQ_FAILED;
}

// The current event is the value of section.key; leaves at its last event.
static mq_status read_value(struct mq_yaml *yaml, struct reader *reader, const char *section,
                            const char *key, int64_t line)
{
    struct mq_str text = {0};
    const bool is_list = reader->event.type == YAML_SEQUENCE_START_EVENT;
    mq_status status = MQ_OK;
    if (is_list) {
        MQ_DO(read_list(reader, section, key, &text));
    } else {
        const char *scalar = NULL;
        MQ_DO(scalar_text(reader, "nested too deep: expected a value or a list", &scalar));
        MQ_DO(mq_str_add(&text, scalar));
    }
    MQ_DO(add_entry(yaml, reader, section, key, line));
    struct mq_yaml_entry *entry = &yaml->entries[yaml->n - 1];
    entry->is_list = is_list;
    entry->value = text.data;
    return MQ_OK;
done:
    mq_str_release(&text);
    return status;
}

static mq_status read_mapping(struct mq_yaml *yaml, struct reader *reader, const char *section)
{
    char *key = NULL;
    mq_status status = MQ_OK;
    const int64_t before = yaml->n;
    const int64_t start = line_of(reader);
    const bool is_top = *section == '\0';
    for (;;) {
        MQ_DO(advance(reader));
        if (reader->event.type == YAML_MAPPING_END_EVENT) break;
        const char *text = NULL;
        MQ_DO(scalar_text(reader, "a key must be a plain name", &text));
        const int64_t line = line_of(reader);
        MQ_DO(refuse_duplicate(reader, yaml, section, text));
        if (*text == '\0')
            MQ_DO(mq_fail(MQ_USAGE, "%s:%lld: a key is empty", reader->file, (long long)line));
        mq_free(key);
        key = mq_strdup(text);
        MQ_DO(key != NULL ? MQ_OK : MQ_FAILED);
        MQ_DO(advance(reader));
        if (is_top && reader->event.type == YAML_MAPPING_START_EVENT)
            MQ_DO(read_mapping(yaml, reader, key));
        else if ((status = read_value(yaml, reader, section, key, line)) != MQ_OK)
            goto done;
    }
    if (!is_top && yaml->n == before) {
        MQ_DO(add_entry(yaml, reader, section, "", start));
        yaml->entries[yaml->n - 1].value = mq_strdup("");
        MQ_DO(yaml->entries[yaml->n - 1].value != NULL ? MQ_OK : MQ_FAILED);
    }
done:
    mq_free(key);
    return status;
}

static mq_status read_document(struct mq_yaml *yaml, struct reader *reader)
{
    MQ_TRY(advance(reader)); // start of stream
    MQ_TRY(advance(reader));
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return mq_fail(MQ_USAGE, "%s:1: the file is empty", reader->file);
    MQ_TRY(advance(reader)); // past the start of the document
    if (reader->event.type != YAML_MAPPING_START_EVENT)
        return mq_fail(MQ_USAGE, "%s:%lld: expected lines of the form 'section:' and 'key: value'",
                       reader->file, line_of(reader));
    MQ_TRY(read_mapping(yaml, reader, ""));
    MQ_TRY(advance(reader)); // end of the document
    MQ_TRY(advance(reader));
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return mq_fail(MQ_USAGE, "%s:%lld: a second document begins here; only one is allowed",
                       reader->file, line_of(reader));
    return MQ_OK;
}

mq_status mq_yaml_parse(struct mq_yaml *yaml, const char *file, const char *bytes, size_t n)
{
    *yaml = (struct mq_yaml){0};
    struct reader reader;
    MQ_TRY(reader_open(&reader, file, bytes, n));
    const mq_status status = read_document(yaml, &reader);
    reader_close(&reader);
    return status;
}

void mq_yaml_release(struct mq_yaml *yaml)
{
    for (int64_t i = 0; i < yaml->n; i++) {
        mq_free(yaml->entries[i].section);
        mq_free(yaml->entries[i].key);
        mq_free(yaml->entries[i].value);
    }
    mq_free(yaml->entries);
    *yaml = (struct mq_yaml){0};
}

// Moves to the start of the list that `text` is.
static mq_status enter_list(struct reader *reader)
{
    MQ_TRY(advance(reader)); // start of stream
    MQ_TRY(advance(reader)); // start of the document, or the end of an empty stream
    if (reader->event.type == YAML_DOCUMENT_START_EVENT) MQ_TRY(advance(reader));
    return reader->event.type == YAML_SEQUENCE_START_EVENT ? MQ_OK
                                                           : mq_fail(MQ_USAGE, "not a list");
}

// From the end of the list to that of the text.
static mq_status leave_list(struct reader *reader)
{
    MQ_TRY(advance(reader)); // end of the document
    MQ_TRY(advance(reader));
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return mq_fail(MQ_USAGE, "text after the list");
    return MQ_OK;
}

// Scalars follow one another in `texts`, each with its NUL.
static mq_status collect_scalar(const struct reader *reader, struct mq_str *texts)
{
    const char *text = NULL;
    MQ_TRY(scalar_text(reader, "expected a list of plain values", &text));
    return mq_str_add_bytes(texts, text, strlen(text) + 1);
}

static mq_status collect_elements(struct reader *reader, struct mq_str *texts, int64_t *n)
{
    MQ_TRY(enter_list(reader));
    for (*n = 0;; ++*n) {
        MQ_TRY(advance(reader));
        if (reader->event.type == YAML_SEQUENCE_END_EVENT) return leave_list(reader);
        MQ_TRY(collect_scalar(reader, texts));
    }
}

// Keys and values in turn; `of` (PAIRS_MAX) has the mapping of each pair.
enum { PAIRS_MAX = 256 };

static mq_status collect_pairs(struct reader *reader, struct mq_str *texts, int64_t of[PAIRS_MAX],
                               int64_t *n, int64_t *mappings)
{
    MQ_TRY(enter_list(reader));
    *n = 0;
    for (*mappings = 0;; ++*mappings) {
        MQ_TRY(advance(reader));
        if (reader->event.type == YAML_SEQUENCE_END_EVENT) return leave_list(reader);
        if (reader->event.type != YAML_MAPPING_START_EVENT)
            return mq_fail(MQ_USAGE, "expected a list of mappings");
        for (int64_t i = 0;; i++) {
            MQ_TRY(advance(reader));
            if (reader->event.type == YAML_MAPPING_END_EVENT) break;
            MQ_TRY(collect_scalar(reader, texts));
            if (i % 2 == 1) continue; // the value of that key
            if (*n == PAIRS_MAX) return mq_fail(MQ_USAGE, "more than %d keys", PAIRS_MAX);
            of[(*n)++] = *mappings;
        }
    }
}

// One block: room for an array of `bytes`, then the texts.
static char *with_texts(const struct mq_str *texts, size_t bytes)
{
    char *block = mq_calloc((int64_t)(bytes + texts->length + 1), 1);
    if (block != NULL && texts->length > 0) memcpy(block + bytes, texts->data, texts->length);
    return block;
}

mq_status mq_yaml_list(const char *text, char ***elements, int64_t *n)
{
    *elements = NULL;
    struct mq_str texts = {0};
    struct reader reader;
    MQ_TRY(reader_open(&reader, "list", text, strlen(text)));
    mq_status status = MQ_OK;
    MQ_DO(collect_elements(&reader, &texts, n));
    const size_t pointers = (size_t)*n * sizeof **elements;
    char *block = with_texts(&texts, pointers);
    MQ_DO(block != NULL ? MQ_OK : MQ_FAILED);
    char *element = block + pointers;
    *elements = (char **)(void *)block;
    for (int64_t i = 0; i < *n; i++, element += strlen(element) + 1)
        (*elements)[i] = element;
done:
    mq_str_release(&texts);
    reader_close(&reader);
    return status;
}

mq_status mq_yaml_pairs(const char *text, struct mq_yaml_pair **pairs, int64_t *n,
                        int64_t *mappings)
{
    *pairs = NULL;
    struct mq_str texts = {0};
    struct reader reader;
    int64_t of[PAIRS_MAX];
    MQ_TRY(reader_open(&reader, "list", text, strlen(text)));
    mq_status status = MQ_OK;
    MQ_DO(collect_pairs(&reader, &texts, of, n, mappings));
    const size_t array = (size_t)*n * sizeof **pairs;
    char *block = with_texts(&texts, array);
    MQ_DO(block != NULL ? MQ_OK : MQ_FAILED);
    char *at = block + array;
    *pairs = (struct mq_yaml_pair *)(void *)block;
    for (int64_t i = 0; i < *n; i++) {
        const char *key = at;
        const char *value = key + strlen(key) + 1;
        (*pairs)[i] = (struct mq_yaml_pair){of[i], key, value};
        at += strlen(key) + strlen(value) + 2;
    }
done:
    mq_str_release(&texts);
    reader_close(&reader);
    return status;
}
