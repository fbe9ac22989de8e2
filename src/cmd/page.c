// Plain text and roff, written by the same calls.
#include "cmd/page.h"

#include <ctype.h>
#include <string.h>

enum {
    PLAIN_WIDTH = 96,
    PLAIN_COLUMN = 28, // of the texts of items
    ROFF_WIDTH = 78, // of its source
};

// ---- words --------------------------------------------------------------------------------------

// What roff would take for its own is written in its escapes. A hyphen that users may copy is a
// minus, which `\-` keeps; `is_bold` is the state of backquotes, kept from word to word.
static mq_status add_roff(struct mq_str *text, const char *word, size_t n, bool is_literal,
                          bool *is_bold)
{
    const bool is_line_start = text->length == 0 || text->data[text->length - 1] == '\n';
    if (is_line_start && n > 0 && (word[0] == '.' || word[0] == '\''))
        MQ_TRY(mq_str_add(text, "\\&"));
    if (n > 0 && word[0] == '`' && !is_literal) MQ_TRY(mq_str_add(text, "\\%")); // no hyphenation
    for (size_t i = 0; i < n; i++) {
        const bool is_in_word = i > 0 && isalnum((unsigned char)word[i - 1]);
        switch (word[i]) {
        case '\\':
            MQ_TRY(mq_str_add(text, "\\e"));
            break;
        case '-':
            MQ_TRY(mq_str_add(text, is_literal || *is_bold || !is_in_word ? "\\-" : "-"));
            break;
        case '\'':
            MQ_TRY(mq_str_add(text, "\\(aq"));
            break;
        case '^':
            MQ_TRY(mq_str_add(text, "\\(ha"));
            break;
        case '~':
            MQ_TRY(mq_str_add(text, "\\(ti"));
            break;
        case '`':
            *is_bold = !*is_bold && !is_literal;
            MQ_TRY(mq_str_add(text, is_literal ? "\\(ga" : *is_bold ? "\\fB" : "\\fR"));
            break;
        default:
            MQ_TRY(mq_str_add_bytes(text, &word[i], 1));
        }
    }
    return MQ_OK;
}

static mq_status add_literal(struct mq_page *page, const char *text)
{
    bool is_bold = false;
    if (page->form == MQ_PAGE_PLAIN) return mq_str_add(&page->text, text);
    return add_roff(&page->text, text, strlen(text), true, &is_bold);
}

// Fills lines with the words of `text`; the first begins at `column`, the others at `indent`.
static mq_status add_words(struct mq_page *page, const char *text, size_t column, int indent)
{
    const size_t width = page->form == MQ_PAGE_PLAIN ? PLAIN_WIDTH : ROFF_WIDTH;
    bool is_bold = false;
    bool is_first = true;
    for (const char *word = text + strspn(text, " \n"); *word != '\0'; is_first = false) {
        const size_t n = strcspn(word, " \n");
        if (!is_first && column + 1 + n > width) {
            MQ_TRY(mq_str_printf(&page->text, "\n%*s", indent, ""));
            column = (size_t)indent;
        } else if (!is_first) {
            MQ_TRY(mq_str_add(&page->text, " "));
            column++;
        }
        if (page->form == MQ_PAGE_PLAIN)
            MQ_TRY(mq_str_add_bytes(&page->text, word, n));
        else
            MQ_TRY(add_roff(&page->text, word, n, false, &is_bold));
        column += n;
        word += n;
        word += strspn(word, " \n");
    }
    return mq_str_add(&page->text, "\n");
}

// ---- parts of a page ----------------------------------------------------------------------------

static mq_status add_capitals(struct mq_page *page, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        const char capital = (char)toupper((unsigned char)*c);
        MQ_TRY(mq_str_add_bytes(&page->text, &capital, 1));
    }
    return MQ_OK;
}

mq_status mq_page_title(struct mq_page *page, const char *name, int section, const char *summary)
{
    if (page->form == MQ_PAGE_PLAIN) return MQ_OK;
    MQ_TRY(mq_str_add(&page->text, ".TH "));
    MQ_TRY(add_capitals(page, name));
    return mq_str_printf(&page->text, " %d %s \"mqcast %s\" mqcast\n.SH NAME\n%s \\- %s\n", section,
                         page->date, MQ_VERSION, name, summary);
}

mq_status mq_page_usage(struct mq_page *page, const char *program, const char *verb,
                        const char *words)
{
    const char *blank = *verb != '\0' ? " " : "";
    if (page->form == MQ_PAGE_PLAIN)
        return mq_str_printf(&page->text, "usage: %s%s%s%s%s\n", program, blank, verb,
                             *words != '\0' ? " " : "", words);
    return mq_str_printf(&page->text, ".SH SYNOPSIS\n.B %s%s%s\n%s\n", program, blank, verb, words);
}

mq_status mq_page_description(struct mq_page *page, const char *summary, const char *description)
{
    if (page->form == MQ_PAGE_PLAIN) {
        MQ_TRY(mq_str_printf(&page->text, "%s%s\n", page->text.length > 0 ? "\n" : "", summary));
        return description != NULL ? mq_page_paragraph(page, description) : MQ_OK;
    }
    MQ_TRY(mq_page_heading(page, "description"));
    return add_words(page, description != NULL ? description : summary, 0, 0);
}

mq_status mq_page_heading(struct mq_page *page, const char *title)
{
    if (page->form == MQ_PAGE_PLAIN) return mq_str_printf(&page->text, "\n%s:\n", title);
    MQ_TRY(mq_str_add(&page->text, ".SH "));
    MQ_TRY(add_capitals(page, title));
    return mq_str_add(&page->text, "\n");
}

mq_status mq_page_subheading(struct mq_page *page, const char *title)
{
    if (page->form == MQ_PAGE_PLAIN) return mq_str_printf(&page->text, "\n%s:\n", title);
    return mq_str_printf(&page->text, ".SS %s\n", title);
}

// A paragraph of roff begins by itself below a heading.
static mq_status part_from_before(struct mq_page *page)
{
    const char *line = page->text.data != NULL ? page->text.data : "";
    for (const char *next = line; (next = strchr(next, '\n')) != NULL && *++next != '\0';)
        line = next;
    return mq_str_add(&page->text, strncmp(line, ".S", 2) == 0 ? "" : ".PP\n");
}

mq_status mq_page_paragraph(struct mq_page *page, const char *text)
{
    MQ_TRY(page->form == MQ_PAGE_PLAIN ? mq_str_add(&page->text, "\n") : part_from_before(page));
    return add_words(page, text, 0, 0);
}

static mq_status add_plain_item(struct mq_page *page, const char *name, const char *value,
                                const char *text)
{
    const size_t start = page->text.length;
    MQ_TRY(mq_str_printf(&page->text, "  %s%s%s", name, *value != '\0' ? " " : "", value));
    const size_t width = page->text.length - start;
    if (width + 2 > PLAIN_COLUMN)
        MQ_TRY(mq_str_printf(&page->text, "\n%*s", PLAIN_COLUMN, ""));
    else
        MQ_TRY(mq_str_printf(&page->text, "%*s", PLAIN_COLUMN - (int)width, ""));
    return add_words(page, text, PLAIN_COLUMN, PLAIN_COLUMN);
}

mq_status mq_page_item(struct mq_page *page, const char *name, const char *value, const char *text)
{
    if (page->form == MQ_PAGE_PLAIN) return add_plain_item(page, name, value, text);
    name += strspn(name, " "); // which align names in plain text
    MQ_TRY(mq_str_add(&page->text, ".TP\n\\fB"));
    MQ_TRY(add_literal(page, name));
    MQ_TRY(mq_str_add(&page->text, "\\fR"));
    if (*value != '\0') {
        MQ_TRY(mq_str_add(&page->text, " \\fI"));
        MQ_TRY(add_literal(page, value));
        MQ_TRY(mq_str_add(&page->text, "\\fR"));
    }
    MQ_TRY(mq_str_add(&page->text, "\n"));
    return add_words(page, text, 0, 0);
}

mq_status mq_page_bullet(struct mq_page *page, const char *text)
{
    MQ_TRY(mq_str_add(&page->text, page->form == MQ_PAGE_PLAIN ? "  - " : ".IP \\(bu 2\n"));
    return add_words(page, text, page->form == MQ_PAGE_PLAIN ? 4 : 0,
                     4 * (page->form == MQ_PAGE_PLAIN));
}

mq_status mq_page_example(struct mq_page *page, const char *command, const char *does)
{
    if (page->form == MQ_PAGE_ROFF) {
        MQ_TRY(mq_page_paragraph(page, does));
        return mq_page_code(page, command);
    }
    MQ_TRY(mq_str_printf(&page->text, "  %s\n      ", command));
    return add_words(page, does, 6, 6);
}

mq_status mq_page_code(struct mq_page *page, const char *lines)
{
    const bool is_plain = page->form == MQ_PAGE_PLAIN;
    if (!is_plain) {
        MQ_TRY(part_from_before(page));
        MQ_TRY(mq_str_add(&page->text, ".RS 4\n.EX\n"));
    }
    for (const char *line = lines; *line != '\0';) {
        const size_t n = strcspn(line, "\n");
        bool is_bold = false;
        if (is_plain) {
            MQ_TRY(mq_str_add(&page->text, n > 0 ? "    " : ""));
            MQ_TRY(mq_str_add_bytes(&page->text, line, n));
        } else {
            MQ_TRY(add_roff(&page->text, line, n, true, &is_bold));
        }
        MQ_TRY(mq_str_add(&page->text, "\n"));
        line += n + (line[n] == '\n');
    }
    return mq_str_add(&page->text, is_plain ? "" : ".EE\n.RE\n");
}
