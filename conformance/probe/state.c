// SPDX-License-Identifier: GPL-2.0-only
// States that were said already, found by hash and told apart by their bytes.
#include "probe.h"

#include <string.h>

enum { state_count_max = 4096, bucket_count = 2 * state_count_max, arena_size = 1 << 22 };

static struct {
    int count;
    size_t used;
    uint64_t hash[state_count_max];
    size_t offset[state_count_max], length[state_count_max];
    uint16_t bucket[bucket_count];          // state number + 1; 0 is free
    uint8_t arena[arena_size];
} states;

void forget_states(void)
{
    states.count = 0;
    states.used = 0;
    memset(states.bucket, 0, sizeof states.bucket);
}

static uint64_t hash_bytes(const uint8_t *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint64_t word;
    for (; length >= sizeof word; bytes += sizeof word, length -= sizeof word) {
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 29;
    }
    for (; length > 0; bytes++, length--)
        hash = (hash ^ *bytes) * 0x100000001b3u;
    return hash ^ (hash >> 32);
}

static void say_state(int number)
{
    begin_line();
    put_text("state ");
    put_number(number);
    put_record(states.arena + states.offset[number], states.length[number]);
    end_line();
}

// The number of the state, which is said first if it is new.
int intern_state(const struct Record *record)
{
    const uint64_t hash = hash_bytes(record->bytes, record->length);
    size_t at = hash % bucket_count;
    for (; states.bucket[at] != 0; at = (at + 1) % bucket_count) {
        int number = states.bucket[at] - 1;
        if (states.hash[number] == hash && states.length[number] == record->length &&
            memcmp(states.arena + states.offset[number], record->bytes, record->length) == 0)
            return number;
    }
    if (states.count == state_count_max || arena_size - states.used < record->length) {
        forget_states();
        at = hash % bucket_count;
    }
    int number = states.count++;
    states.hash[number] = hash;
    states.offset[number] = states.used;
    states.length[number] = record->length;
    states.bucket[at] = (uint16_t)(number + 1);
    memcpy(states.arena + states.used, record->bytes, record->length);
    states.used += record->length;
    say_state(number);
    return number;
}
