// The name of the MPI library.
#include "mq/comm/info.h"

#include <mpi.h>
#include <stdio.h>
#include <string.h>

void mq_mpi_version(char text[MQ_MPI_NAME_MAX])
{
    char name[MPI_MAX_LIBRARY_VERSION_STRING] = "";
    int length = 0;
    (void)MPI_Get_library_version(name, &length);
    name[strcspn(name, ",\n")] = '\0'; // "Open MPI v4.1.4, package: ..., ident: ..."
    char *v = strstr(name, " v");
    if (v != NULL) memmove(v + 1, v + 2, strlen(v + 2) + 1);
    (void)snprintf(text, MQ_MPI_NAME_MAX, "%s", name);
}
