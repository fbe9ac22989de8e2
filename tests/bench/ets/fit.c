// Fits every series of a text file, one per line, season first, and prints form, AICc and seconds.
//     fit FILE   lines: SEASON VALUE...  ("NA" = not observed)
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mq/base/clock.h"
#include "mq/classic/ets.h"

enum { VALUES_MAX = 100000 };

int main(int argc, char **argv)
{
    static char line[32 * VALUES_MAX];
    static float y[VALUES_MAX];
    void *scratch = malloc((size_t)mq_ets_scratch_bytes(VALUES_MAX));
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL || scratch == NULL) {
        fprintf(stderr, "usage: fit FILE\n");
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *at = line;
        const long season = strtol(at, &at, 10);
        int64_t n = 0;
        for (char *word = strtok(at, " \n"); word != NULL && n < VALUES_MAX;
             word = strtok(NULL, " \n"))
            y[n++] = strcmp(word, "NA") == 0 ? NAN : strtof(word, NULL);
        struct mq_ets ets;
        const double began_s = mq_clock_s();
        const bool is_fitted = mq_ets_select(y, n, season, INFINITY, scratch, &ets);
        const double s = mq_clock_s() - began_s;
        char name[MQ_ETS_NAME_MAX] = "-";
        if (is_fitted) mq_ets_print(ets.form, name);
        printf("%s %.17g %.9f\n", name, is_fitted ? ets.aicc : NAN, s);
    }
    fclose(file);
    free(scratch);
    return 0;
}
