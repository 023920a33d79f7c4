/* Says what it could write of that which it must not. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

int main(void) {
    const char *files[] = {"/usr/written",
                           "/usr/bin/true",
                           "/program",
                           "/etc/written",
                           "/written",
                           "/dev/written",
                           "/proc/sys/kernel/core_pattern",
                           "/unit/kept"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
        if (open(files[i], O_WRONLY | O_CREAT, 0600) >= 0) printf("wrote %s\n", files[i]);
    if (chmod("/program", 0777) == 0) puts("changed the mode of /program");
}
