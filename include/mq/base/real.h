/// The number type of activations, weights and gradients.
#ifndef MQ_BASE_REAL_H
#define MQ_BASE_REAL_H

#ifndef MQ_REAL
#define MQ_REAL float
#endif
/// float in the product; double where the same sources are compiled for gradient checks.
typedef MQ_REAL mq_real;

#endif
