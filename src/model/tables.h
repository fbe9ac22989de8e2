/// Tables in a checkpoint.
#ifndef MODEL_TABLES_H
#define MODEL_TABLES_H

#include "mq/h5/file.h"
#include "mq/model/tables.h"

mq_status mq_tables_put(struct mq_h5 *file, const struct mq_tables *tables) MQ_NODISCARD;
/// MQ_DATA when they are not what mq_tables_put writes; whether they make sense is for the model to
/// say. A file without tables has none.
mq_status mq_tables_read(struct mq_h5 *file, struct mq_tables *tables) MQ_NODISCARD;

#endif
