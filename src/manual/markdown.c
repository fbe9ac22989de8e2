// The README's Markdown as parts of a page: headings, paragraphs, points, code, and tables, whose
// rows become items: first cell, what stands between, last cell.
#include <stdio.h>
#include <string.h>

#include "manual/manual.h"

enum { TEXT_MAX = 4096, CELLS_MAX = 8 };

struct reader {
    struct mq_page *page;
    const char *line; // the next one
    struct mq_str block; // lines of the paragraph, point or code so far
};

static size_t line_length(const char *line)
{
    return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
    const size_t n = line_length(line);
    return line + n + (line[n] == '\n');
}

static bool is_blank(const char *line)
{
    return strspn(line, " ") == line_length(line);
}

// Level of a heading, 0: none.
static size_t heading_level(const char *line)
{
    const size_t n = strspn(line, "#");
    return line[n] == ' ' ? n : 0;
}

static bool starts_block(const char *line)
{
    return is_blank(line) || heading_level(line) > 0 || *line == '|' ||
           strncmp(line, "- ", 2) == 0 || strncmp(line, "```", 3) == 0;
}

// [text](target) becomes text, ** goes.
static mq_status add_prose(struct mq_str *prose, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '*' && i + 1 < n && text[i + 1] == '*') {
            i++;
        } else if (text[i] == ']' && i + 1 < n && text[i + 1] == '(') {
            i += strcspn(text + i, ")");
        } else if (text[i] != '[' || memchr(text + i, ')', n - i) == NULL ||
                   strncmp(text + i + strcspn(text + i, "]"), "](", 2) != 0) {
            MQ_TRY(mq_str_add_bytes(prose, text + i, 1));
        }
    }
    return MQ_OK;
}

static void block_clear(struct reader *reader)
{
    reader->block.length = 0;
    if (reader->block.data != NULL) reader->block.data[0] = '\0';
}

// Lines up to the next block, as one paragraph.
static mq_status take_prose(struct reader *reader)
{
    block_clear(reader);
    do {
        MQ_TRY(add_prose(&reader->block, reader->line, line_length(reader->line)));
        MQ_TRY(mq_str_add(&reader->block, " "));
        reader->line = next_line(reader->line);
    } while (*reader->line != '\0' && !starts_block(reader->line));
    return MQ_OK;
}

// Indented lines, or those between fences.
static mq_status take_code(struct reader *reader)
{
    const bool is_fenced = *reader->line == '`';
    block_clear(reader);
    if (is_fenced) reader->line = next_line(reader->line);
    while (*reader->line != '\0') {
        if (is_fenced && strncmp(reader->line, "```", 3) == 0) break;
        if (!is_fenced && strncmp(reader->line, "    ", 4) != 0) break;
        const char *text = reader->line + (is_fenced ? 0 : 4);
        MQ_TRY(mq_str_add_bytes(&reader->block, text, line_length(text)));
        MQ_TRY(mq_str_add(&reader->block, "\n"));
        reader->line = next_line(reader->line);
    }
    if (is_fenced) reader->line = next_line(reader->line);
    return mq_page_code(reader->page, reader->block.data);
}

// "| a | b |" to its cells, in `text`.
static int64_t split_row(const char *line, char text[TEXT_MAX], char *cells[CELLS_MAX])
{
    int64_t n = 0;
    char *bar = NULL;
    (void)snprintf(text, TEXT_MAX, "%.*s", (int)line_length(line), line);
    for (char *cell = text + 1; n < CELLS_MAX && (bar = strchr(cell, '|')) != NULL;
         cell = bar + 1) {
        cell += strspn(cell, " ");
        *bar = '\0';
        for (char *end = bar; end > cell && end[-1] == ' '; end--)
            end[-1] = '\0';
        cells[n++] = cell;
    }
    return n;
}

static mq_status take_row(struct reader *reader)
{
    char text[TEXT_MAX];
    char *cells[CELLS_MAX] = {0};
    const int64_t n = split_row(reader->line, text, cells);
    reader->line = next_line(reader->line);
    if (n < 2) return MQ_OK;
    struct mq_str name = {0};
    struct mq_str value = {0};
    mq_status status = MQ_OK;
    for (const char *c = cells[0]; *c != '\0'; c++)
        if (*c != '`') MQ_DO(mq_str_add_bytes(&name, c, 1));
    for (int64_t i = 1; i + 1 < n; i++)
        MQ_DO(mq_str_printf(&value, "%s%s", i > 1 ? ", " : "", cells[i]));
    block_clear(reader);
    MQ_DO(add_prose(&reader->block, cells[n - 1], strlen(cells[n - 1])));
    MQ_DO(mq_page_item(reader->page, name.data != NULL ? name.data : "",
                       value.data != NULL ? value.data : "",
                       reader->block.data != NULL ? reader->block.data : ""));
done:
    mq_str_release(&name);
    mq_str_release(&value);
    return status;
}

static mq_status take_block(struct reader *reader)
{
    const char *line = reader->line;
    if (is_blank(line)) {
        reader->line = next_line(line);
        return MQ_OK;
    }
    if (strncmp(line, "    ", 4) == 0 || strncmp(line, "```", 3) == 0) return take_code(reader);
    if (*line == '|') {
        const char *below = next_line(line);
        if (strncmp(below, "|--", 3) == 0) reader->line = next_line(below); // a table's head
        return take_row(reader);
    }
    if (heading_level(line) > 0) {
        char title[TEXT_MAX];
        const size_t level = heading_level(line);
        (void)snprintf(title, sizeof title, "%.*s", (int)(line_length(line) - level - 1),
                       line + level + 1);
        reader->line = next_line(line);
        return mq_page_subheading(reader->page, title);
    }
    const bool is_point = strncmp(line, "- ", 2) == 0;
    if (is_point) reader->line += 2;
    MQ_TRY(take_prose(reader));
    return is_point ? mq_page_bullet(reader->page, reader->block.data)
                    : mq_page_paragraph(reader->page, reader->block.data);
}

// The line after "## title", NULL when there is none.
static const char *find_section(const char *markdown, const char *title)
{
    for (const char *line = markdown; *line != '\0'; line = next_line(line)) {
        const size_t n = strlen(title);
        if (heading_level(line) == 2 && line_length(line) == n + 3 &&
            strncmp(line + 3, title, n) == 0)
            return next_line(line);
    }
    return NULL;
}

mq_status manual_markdown(struct mq_page *page, const char *markdown, const char *const titles[],
                          int64_t n)
{
    struct reader reader = {.page = page};
    mq_status status = MQ_OK;
    for (int64_t i = 0; i < n; i++) {
        reader.line = find_section(markdown, titles[i]);
        if (reader.line == NULL) {
            status = mq_fail(MQ_DATA, "the text has no section '## %s'", titles[i]);
            goto done;
        }
        MQ_DO(mq_page_heading(page, titles[i]));
        while (*reader.line != '\0' && heading_level(reader.line) != 2)
            MQ_DO(take_block(&reader));
    }
done:
    mq_str_release(&reader.block);
    return status;
}
