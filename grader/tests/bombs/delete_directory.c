/* Deletes what it stands on: its scratch directory and its own program. */
#include <stdio.h>
#include <unistd.h>

int main(void) {
    if (chdir("/scratch") != 0) return 1;
    unlink("/scratch/kept");
    if (rmdir("/scratch") == 0) puts("removed /scratch");
    if (unlink("/program") == 0) puts("removed /program");
    if (access("/scratch/kept", F_OK) == 0) puts("could not remove a file of its own");
}
