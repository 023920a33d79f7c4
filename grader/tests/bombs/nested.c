/* Leaves in /scratch what is hard to remove: 1200 directories in each other, one that nobody may
 * enter, links out of the directory, a pipe and a socket. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int main(void) {
    if (chdir("/scratch") != 0) return 1;
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int end = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(end, (struct sockaddr *)&name, sizeof name) != 0 || mkfifo("pipe", 0600) != 0 ||
        symlink("/etc/passwd", "link") != 0 || symlink("/", "root") != 0 ||
        mkdir("closed", 0700) != 0 || mkdir("closed/inner", 0) != 0 || chmod("closed", 0) != 0)
        return 2;
    for (int depth = 0; depth < 1200; depth++)
        if (mkdir("deep", 0700) != 0 || chdir("deep") != 0) return 3;
    puts("nested");
}
