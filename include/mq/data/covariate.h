/// What stands beside the target: name and role.
#ifndef MQ_DATA_COVARIATE_H
#define MQ_DATA_COVARIATE_H

#include <stdint.h>

enum { MQ_NAME_MAX = 128, MQ_COVARIATES_MAX = 64 };

enum mq_role {
    MQ_ROLE_KNOWN, ///< per series, `ahead` periods past the end of the series
    MQ_ROLE_CALENDAR, ///< known, shared by all series: a value per period, at least up to `ahead`
    MQ_ROLE_PAST, ///< per series, as long as the target
    MQ_ROLE_STATIC_REAL,
    MQ_ROLE_STATIC_CATEGORY,
};

struct mq_covariate {
    char name[MQ_NAME_MAX];
    enum mq_role role;
    /// STATIC_CATEGORY: number of known categories; codes 1..cardinality, 0 unknown.
    /// CALENDAR: 2 when it is of events, 1 where one is and 0 where not; else 0. Set on opening.
    int64_t cardinality;
};

#endif
