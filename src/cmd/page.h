/// Help in two forms from one walk over the tables: plain text for a terminal, roff for man(1).
///
/// Texts are one paragraph each, filled to the width of the form; `code` in backquotes is bold in roff
/// and stays as it is in plain text. All functions append to `text`, which the caller releases.
#ifndef CMD_PAGE_H
#define CMD_PAGE_H

#include "mq/base/str.h"

enum mq_page_form { MQ_PAGE_PLAIN, MQ_PAGE_ROFF };

struct mq_page {
    enum mq_page_form form;
    const char *date; ///< of a manual page
    struct mq_str text;
};

/// The head of a manual page and its NAME; nothing in plain text.
mq_status mq_page_title(struct mq_page *page, const char *name, int section,
                        const char *summary) MQ_NODISCARD;
/// "usage: mqcast train EXPERIMENT.yaml [flags]", or a manual page's SYNOPSIS. `words` may be "".
mq_status mq_page_usage(struct mq_page *page, const char *program, const char *verb,
                        const char *words) MQ_NODISCARD;
/// The paragraph of `summary`, which a manual page has in its NAME, and that of `description`.
mq_status mq_page_description(struct mq_page *page, const char *summary,
                              const char *description) MQ_NODISCARD;
/// A heading ("flags"), which a manual page has in capitals.
mq_status mq_page_heading(struct mq_page *page, const char *title) MQ_NODISCARD;
/// A heading below that one, as it is.
mq_status mq_page_subheading(struct mq_page *page, const char *title) MQ_NODISCARD;
mq_status mq_page_paragraph(struct mq_page *page, const char *text) MQ_NODISCARD;
/// A word with its explanation; `value` is what stands for its value, "" for none.
mq_status mq_page_item(struct mq_page *page, const char *name, const char *value,
                       const char *text) MQ_NODISCARD;
/// A point of a list.
mq_status mq_page_bullet(struct mq_page *page, const char *text) MQ_NODISCARD;
/// A command line and what it does.
mq_status mq_page_example(struct mq_page *page, const char *command, const char *does) MQ_NODISCARD;
/// Lines as they are.
mq_status mq_page_code(struct mq_page *page, const char *lines) MQ_NODISCARD;

#endif
