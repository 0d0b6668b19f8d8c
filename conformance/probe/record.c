// SPDX-License-Identifier: GPL-2.0-only
// Records: what was read from one socket, kept as bytes to compare and printed when new.
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool socket_stat(struct Socket *sock)
{
    if (!sock->has_stat)
        sock->has_stat = fstat(sock->fd, &sock->stat) == 0;
    return sock->has_stat;
}

// An entry is: tag, observable id, payload length (2 bytes, host order), payload.
enum { entry_head = 4 };

void record_clear(struct Record *record) { record->length = 0; }

void record_add(struct Record *record, enum Tag tag, int id, const void *payload, size_t length)
{
    if (record_size - record->length < entry_head + length) {
        // Never for a sane list of observables; said rather than lost while a head still fits.
        if (record_size - record->length < entry_head + sizeof(int))
            return;
        const int error = E2BIG;
        record_add(record, tag_errno, id, &error, sizeof error);
        return;
    }
    uint8_t *entry = record->bytes + record->length;
    entry[0] = (uint8_t)tag;
    entry[1] = (uint8_t)id;
    const uint16_t short_length = (uint16_t)length;
    memcpy(entry + 2, &short_length, sizeof short_length);
    if (length > 0)
        memcpy(entry + entry_head, payload, length);
    record->length += entry_head + length;
}

void record_errno(struct Record *record, int id, int error)
{
    record_add(record, tag_errno, id, &error, sizeof error);
}

enum Tag protocol_tag(const struct Socket *sock, int64_t number)
{
    if (number == sock->protocol)
        return tag_protocol;
    if (number == (sock->protocol & 0xffff))
        return tag_protocol16;
    return tag_number;
}

void record_number(struct Record *record, int id, const struct Socket *sock, int64_t number)
{
    enum Tag tag = observables[id].sym ? protocol_tag(sock, number) : tag_number;
    record_add(record, tag, id, &number, tag == tag_number ? sizeof number : 0);
}

void record_text(struct Record *record, int id, const char *text, size_t length)
{
    if (length == 0) {
        const int64_t nothing = 0;
        record_add(record, tag_length, id, &nothing, sizeof nothing);
    } else {
        record_add(record, tag_text, id, text, length);
    }
}

static void put_tagged_port(const struct Address *address)
{
    if (address->port_tag == tag_protocol)
        put_text("$protocol");
    else if (address->port_tag == tag_protocol16)
        put_text("$protocol16");
    else
        put_number(address->port);
}

static void put_address(const uint8_t *payload)
{
    struct Address address;
    memcpy(&address, payload, sizeof address);
    put_number(address.family);
    if (address.address_length == 0)
        return;
    put_text(",");
    if (address.address_length == 4) {
        const uint8_t *byte = address.address;
        put_number(((int64_t)byte[0] << 24) | (byte[1] << 16) | (byte[2] << 8) | byte[3]);
    } else {
        put_hex(address.address, address.address_length);
    }
    put_text(",");
    put_tagged_port(&address);
}

static void put_u32s(const uint8_t *payload, size_t length)
{
    for (size_t offset = 0; offset < length; offset += sizeof(uint32_t)) {
        uint32_t number;
        memcpy(&number, payload + offset, sizeof number);
        if (offset > 0)
            put_text(",");
        put_number(number);
    }
}

static void put_value(enum Tag tag, const uint8_t *payload, size_t length)
{
    int error;
    int64_t number;
    char text[32];
    switch (tag) {
    case tag_errno:
        memcpy(&error, payload, sizeof error);
        put_text("!");
        put_errno(error);
        return;
    case tag_number:
        memcpy(&number, payload, sizeof number);
        put_number(number);
        return;
    case tag_length:
        memcpy(&number, payload, sizeof number);
        put_text("len");
        put_number(number);
        return;
    case tag_octal:
        memcpy(&number, payload, sizeof number);
        snprintf(text, sizeof text, "0%llo", (unsigned long long)number);
        put_text(text);
        return;
    case tag_u64:
        memcpy(&number, payload, sizeof number);
        snprintf(text, sizeof text, "%llu", (unsigned long long)number);
        put_text(text);
        return;
    case tag_protocol:
        put_text("$protocol");
        return;
    case tag_protocol16:
        put_text("$protocol16");
        return;
    case tag_u32s:
        put_u32s(payload, length);
        return;
    case tag_hex:
        put_hex(payload, length);
        return;
    case tag_text:
        put_escaped((const char *)payload, length);
        return;
    case tag_address:
        put_address(payload);
        return;
    }
}

void put_record(const uint8_t *bytes, size_t length)
{
    for (size_t offset = 0; offset < length;) {
        const uint8_t *entry = bytes + offset;
        uint16_t payload_length;
        memcpy(&payload_length, entry + 2, sizeof payload_length);
        put_text(" ");
        put_number(entry[1]);
        put_text("=");
        put_value((enum Tag)entry[0], entry + entry_head, payload_length);
        offset += entry_head + payload_length;
    }
}
