# The rows of bench_forest in ranger's quantile mode, one thread: seconds to grow, to forecast, loss.
#     Rscript ranger.R DIRECTORY TREES
suppressMessages(library(ranger))
arguments <- commandArgs(trailingOnly = TRUE)
directory <- arguments[1]
shape <- scan(file.path(directory, "shape.txt"), quiet = TRUE)
n <- shape[1]; held <- shape[2]; columns <- shape[3]
read <- function(name, count) readBin(file.path(directory, name), "numeric", count, size = 4)
x <- matrix(read("x.bin", n * columns), ncol = columns, byrow = TRUE)
x[is.na(x)] <- -100 # below all others, as a bin of their own is
colnames(x) <- paste0("x", seq_len(columns))
y <- read("y.bin", n)
kept <- seq_len(n - held)
levels <- seq(0.1, 0.9, 0.1)
grow_s <- system.time(forest <- ranger(x = x[kept, ], y = y[kept], quantreg = TRUE, num.trees = as.integer(arguments[2]),
    mtry = ceiling(columns / 5), min.node.size = 30, replace = FALSE, sample.fraction = 0.632, num.threads = 1,
    seed = 1, verbose = FALSE))[["elapsed"]]
forecast_s <- system.time(quantiles <- predict(forest, x[-kept, ], type = "quantiles", quantiles = levels,
    num.threads = 1)$predictions)[["elapsed"]]
error <- y[-kept] - quantiles
loss <- mean(t(t(error) * levels) - pmin(error, 0) * 1)
cat(sprintf("%.2f %.2f %.5f\n", grow_s, forecast_s, loss))
