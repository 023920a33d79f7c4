/* Says what it could reach over the network: 1.1.1.1 by TCP and UDP, and any interface but lo. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(void) {
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, "1.1.1.1", &far.sin_addr);
    int tcp = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(tcp, (struct sockaddr *)&far, sizeof far) == 0 || errno != ENETUNREACH)
        puts("TCP: the network is there");
    int udp = socket(AF_INET, SOCK_DGRAM, 0);
    if (sendto(udp, "x", 1, 0, (struct sockaddr *)&far, sizeof far) == 1 || errno != ENETUNREACH)
        puts("UDP: the network is there");
    if (socket(AF_PACKET, SOCK_RAW, 0) >= 0) puts("a raw socket");
    struct if_nameindex *all = if_nameindex();
    for (struct if_nameindex *one = all; one && one->if_index; one++)
        if (strcmp(one->if_name, "lo") != 0) printf("interface %s\n", one->if_name);
}
