# What fit.c prints, from forecast::ets: Rscript fit.R FILE
suppressPackageStartupMessages(library(forecast))
lines <- readLines(commandArgs(trailingOnly = TRUE)[1])
for (line in lines) {
    values <- suppressWarnings(as.numeric(strsplit(line, " ")[[1]]))
    y <- ts(values[-1], frequency = values[1])
    seconds <- system.time(fit <- suppressWarnings(ets(y)))[["elapsed"]]
    form <- gsub("ETS|[(,)]", "", fit$method)
    cat(form, format(fit$aicc, digits = 15), seconds, "\n")
}
