/* hash.h - a quick mixing function, for memo and digest.
 *
 * Source: the step is the 64x64->128 bit multiplication folded by XOR of Wang Yi's wyhash
 * (github.com/wangyi-fudan/wyhash, version final 4).
 */
#ifndef HB_HISTORY_HASH_H
#define HB_HISTORY_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static const uint64_t hash_odd_0 = 0xa0761d6478bd642fu, hash_odd_1 = 0xe7037ed1a0b428dbu,
                      hash_odd_2 = 0x8ebc6af09c88c6e3u;

static inline uint64_t hash_mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)(a ^ hash_odd_0) * (b ^ hash_odd_1);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count) {
    const unsigned char *at = bytes;
    uint64_t word;
    for (; count >= sizeof word; at += sizeof word, count -= sizeof word) {
        memcpy(&word, at, sizeof word);
        hash = hash_mix(hash, word);
    }
    if (!count) return hash;
    word = count;
    for (; count; count--) word = word << 8 | *at++;
    return hash_mix(hash, word);
}

#endif
