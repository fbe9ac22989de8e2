/// A panel as long CSV, with the schema that reads it back.
#ifndef MQ_DATA_EXPORT_H
#define MQ_DATA_EXPORT_H

#include "mq/base/path.h"
#include "mq/data/panel.h"

/// Where the schema of `output` goes: sales.yaml for sales.csv.
mq_status mq_panel_schema_path(const char *output, char path[MQ_PATH_MAX]) MQ_NODISCARD;

/// Writes `output`, one row per item and period with all covariates, and its schema; each appears
/// whole or not at all. `mqcast import csv` of both gives the same panel (the same fingerprint)
/// where the panel came from an import: where series span their first to their last observed value
/// and the earliest begins in period 0. MQ_DATA when the panel is damaged or two covariates have
/// the same name. Local.
mq_status mq_panel_export(struct mq_panel *panel, const char *output) MQ_NODISCARD;

#endif
