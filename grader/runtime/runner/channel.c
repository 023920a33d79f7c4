/* channel.c - packets between a judged program and the grader.
 *
 * Only raw system calls and plain loops: an intercepted library call (send, memcpy on shared
 * memory) would give ThreadSanitizer an edge or a race that the code under test does not have.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "board.h"

/* Written by the constructor, before there is a second thread; immutable afterwards. */
static struct {
    int fd;                      /* -1: nobody listens */
    uint32_t rounds;             /* 0: nobody said */
    char nonce[NONCE_BYTES];     /* in the process of a test: its token */
    char wanted[PACKET_BYTES];   /* test ids and tokens, each ended by NUL; an empty id ends them */
    uintptr_t bias, first, last; /* where the program lies in memory */
} channel = {.fd = -1};

/* --- what came from the grader
 * -------------------------------------------------------------------------------------- */

static int find_program(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    channel.bias = info->dlpi_addr;
    channel.first = UINTPTR_MAX;
    for (int part = 0; part < info->dlpi_phnum; part++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[part];
        if (header->p_type != PT_LOAD) continue;
        uintptr_t first = info->dlpi_addr + header->p_vaddr, last = first + header->p_memsz;
        if (first < channel.first) channel.first = first;
        if (last > channel.last) channel.last = last;
    }
    return 1; /* the first object is the program */
}

/* The number in an environment variable, which is then wiped from the environment's memory; -1: not
 * there. */
static int take_number(const char *name) {
    char *value = getenv(name);
    if (!value) return -1;
    int number = *value ? (int)strtol(value, NULL, 10) : -1;
    for (volatile char *digit = value; *digit; digit++) *digit = '0';
    unsetenv(name);
    return number;
}

static void read_first_packet(int fd) {
    static char first[PACKET_BYTES + 1];
    long length = syscall(SYS_recvfrom, fd, first, PACKET_BYTES, 0, NULL, NULL);
    if (length <= 0 || strnlen(first, NONCE_BYTES) != NONCE_BYTES - 1)
        _exit(RUNNER_EXIT_NO_CHANNEL);
    first[length] = '\0';
    memcpy(channel.nonce, first, NONCE_BYTES);
    char *rounds = first + NONCE_BYTES, *list = rounds + strlen(rounds) + 1;
    channel.rounds = (uint32_t)strtoul(rounds, NULL, 10);
    if (list < first + length) memcpy(channel.wanted, list, (size_t)(first + length - list));
    explicit_bzero(first, sizeof first);
    channel.fd = fd;
}

/* A program run by hand has nobody to tell; one that the grader runs reads the first packet. */
__attribute__((constructor(101))) static void channel_open(void) {
    int fd = take_number("HB_CHANNEL");
    dl_iterate_phdr(find_program, NULL);
    board_create();
    if (fd >= 0) read_first_packet(fd);
}

bool channel_is_open(void) { return channel.fd >= 0; }

uint32_t channel_rounds(uint32_t otherwise) { return channel.rounds ? channel.rounds : otherwise; }

static const char *token_of(const char *test) {
    const char *id = channel.wanted, *token;
    for (; *id; id = token + strlen(token) + 1) {
        token = id + strlen(id) + 1;
        if (strcmp(id, test) == 0) return token;
    }
    return NULL;
}

bool channel_wants(const char *test) { return !channel.wanted[0] || token_of(test); }

void channel_become(const char *test) {
    const char *token = token_of(test);
    explicit_bzero(channel.nonce, sizeof channel.nonce);
    if (token) memcpy(channel.nonce, token, strnlen(token, NONCE_BYTES - 1));
    explicit_bzero(channel.wanted, sizeof channel.wanted);
}

/* --- packets
 * --------------------------------------------------------------------------------------------------------
 */

/* The last two bytes are kept free, so that a cut field is still ended. */
static void put(struct packet *packet, const char *text) {
    while (*text && packet->used < PACKET_BYTES - 2) packet->bytes[packet->used++] = *text++;
}

static void end_field(struct packet *packet) {
    if (packet->used < PACKET_BYTES - 1) packet->bytes[packet->used++] = '\0';
}

void packet_text(struct packet *packet, const char *text) {
    put(packet, text ? text : "");
    end_field(packet);
}

void packet_pieces(struct packet *packet, const char *const pieces[]) {
    for (; *pieces; pieces++) put(packet, *pieces);
    end_field(packet);
}

static char *digits_of(char buffer[21], uint64_t number, unsigned base) {
    char *digit = buffer + 20;
    *digit = '\0';
    do *--digit = "0123456789abcdef"[number % base];
    while (number /= base);
    return digit;
}

char *number_text(char buffer[21], uint64_t number) { return digits_of(buffer, number, 10); }

void packet_number(struct packet *packet, uint64_t number) {
    char buffer[21];
    packet_text(packet, number_text(buffer, number));
}

void packet_hex(struct packet *packet, uint64_t number) {
    char buffer[21];
    packet_pieces(packet, (const char *const[]){"0x", digits_of(buffer, number, 16), NULL});
}

bool place_is_ours(const void *address) {
    return (uintptr_t)address > channel.first && (uintptr_t)address <= channel.last;
}

static void put_place(struct packet *packet, const char *mark, const void *return_address) {
    char buffer[21];
    if (!place_is_ours(return_address)) return;
    put(packet, mark);
    put(packet, "+0x");
    put(packet, digits_of(buffer, (uintptr_t)return_address - 1 - channel.bias, 16));
}

void packet_place(struct packet *packet, const void *return_address) {
    put_place(packet, "", return_address);
    end_field(packet);
}

static void put_places(struct packet *packet, const char *mark, void *const addresses[],
                       size_t count) {
    for (size_t frame = 0; frame < count && addresses[frame]; frame++) {
        if (frame) put(packet, ",");
        put_place(packet, frame ? "" : mark, addresses[frame]);
    }
    end_field(packet);
}

void packet_places(struct packet *packet, void *const addresses[], size_t count) {
    put_places(packet, "", addresses, count);
}

void packet_chance_places(struct packet *packet, void *const addresses[], size_t count) {
    put_places(packet, "@", addresses, count);
}

void packet_begin(struct packet *packet, const char *kind, const char *test) {
    packet->used = 0;
    packet_text(packet, channel.nonce);
    packet_text(packet, kind);
    packet_text(packet, test);
}

/* One line on standard error: for a reader at a debugger. */
static void print(struct packet *packet) {
    const char *kind = packet->bytes + strlen(packet->bytes) + 1;
    if (strcmp(kind, "fail") != 0 && strcmp(kind, "fault") != 0 && strcmp(kind, "race") != 0)
        return;
    for (size_t at = 0; at + 1 < packet->used; at++)
        if (!packet->bytes[at]) packet->bytes[at] = at ? '|' : ' ';
    packet->bytes[packet->used - 1] = '\n';
    long ignored = syscall(SYS_write, STDERR_FILENO, packet->bytes + 1, packet->used - 1);
    (void)ignored;
}

void packet_send(struct packet *packet) {
    if (channel.fd < 0) {
        print(packet);
        return;
    }
    long sent;
    do sent = syscall(SYS_sendto, channel.fd, packet->bytes, packet->used, MSG_NOSIGNAL, NULL, 0);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) _exit(RUNNER_EXIT_NO_CHANNEL); /* the grader is gone: nobody waits for the rest */
}
