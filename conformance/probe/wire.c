// SPDX-License-Identifier: GPL-2.0-only
// Buffered lines on stdin and stdout, and the words on them.
//
// Both buffers live in memory shared with the context processes: a context takes the pipes over
// with all that was read ahead, and its parent goes on where it stopped, even when it died.
#include "probe.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    input_size = 1 << 16,
    output_size = 1 << 18,
    // The longest line is a state: a full record grows at most fourfold when printed.
    line_size_max = 4 * record_size + 8 * observable_count + 1024,
};

struct Wire {
    enum ContextEnd end;
    size_t in_begin, in_end;
    size_t out_end;
    bool writing;                    // stays set where the writer was killed
    bool at_eof;
    char in[input_size];
    char out[output_size];
};

static struct Wire private_wire;
static struct Wire *wire = &private_wire;
static size_t line_end;              // of the line being built, in wire->out

void wire_open(void)
{
    void *memory = mmap(NULL, sizeof(struct Wire), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED)
        wire = memory;
}

bool wire_is_shared(void) { return wire != &private_wire; }

enum ContextEnd wire_end(void) { return wire->end; }

void wire_set_end(enum ContextEnd end) { wire->end = end; }

static void wait_ready(int fd, short events)
{
    struct pollfd waited = {.fd = fd, .events = events, .revents = 0};
    poll(&waited, 1, -1);
}

// Counts as written before it is: a context killed in here must not leave its parent to say the
// same again.
void flush_output(void)
{
    const size_t length = wire->out_end;
    size_t done = 0;
    wire->out_end = 0;
    wire->writing = true;
    while (done < length) {
        ssize_t count = write(STDOUT_FILENO, wire->out + done, length - done);
        if (count > 0) {
            done += (size_t)count;
        } else if (errno == EAGAIN) {
            wait_ready(STDOUT_FILENO, POLLOUT);
        } else if (errno != EINTR) {
            _exit(1);                // nobody listens any more
        }
    }
    wire->writing = false;
}

void end_interrupted_line(void)
{
    if (!wire->writing)
        return;
    wire->writing = false;
    begin_line();
    end_line();
}

// Reads more input behind what is there. false at its end.
static bool fill_input(void)
{
    if (wire->at_eof)
        return false;
    memmove(wire->in, wire->in + wire->in_begin, wire->in_end - wire->in_begin);
    wire->in_end -= wire->in_begin;
    wire->in_begin = 0;
    flush_output();
    for (;;) {
        ssize_t count = read(STDIN_FILENO, wire->in + wire->in_end, input_size - wire->in_end);
        if (count > 0) {
            wire->in_end += (size_t)count;
            return true;
        }
        if (count < 0 && errno == EAGAIN) {
            wait_ready(STDIN_FILENO, POLLIN);
        } else if (count == 0 || errno != EINTR) {
            wire->at_eof = true;
            return false;
        }
    }
}

char *next_line(void)
{
    bool too_long = false;
    for (;;) {
        char *line = wire->in + wire->in_begin;
        char *newline = memchr(line, '\n', wire->in_end - wire->in_begin);
        if (newline != NULL) {
            wire->in_begin = (size_t)(newline - wire->in) + 1;
            if (!too_long) {
                if (newline > line && newline[-1] == '\r')
                    newline--;       // a console
                *newline = '\0';
                return line;
            }
            say("error line too long");
            too_long = false;
            continue;
        }
        if (wire->in_end - wire->in_begin == input_size) {
            too_long = true;
            wire->in_begin = wire->in_end;
        }
        if (!fill_input())
            return NULL;             // an unfinished last line is not a request
    }
}

void begin_line(void)
{
    if (output_size - wire->out_end < line_size_max)
        flush_output();
    line_end = wire->out_end;
}

static void put_bytes(const char *bytes, size_t count)
{
    size_t left = output_size - 1 - line_end;
    if (count > left)
        count = left;
    memcpy(wire->out + line_end, bytes, count);
    line_end += count;
}

void end_line(void)
{
    wire->out[line_end++] = '\n';
    wire->out_end = line_end;
}

void put_text(const char *text) { put_bytes(text, strlen(text)); }

void put_number(int64_t number)
{
    char digits[24];
    size_t begin = sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--begin] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (number < 0)
        digits[--begin] = '-';
    put_bytes(digits + begin, sizeof digits - begin);
}

static const char hex_digits[] = "0123456789abcdef";

void put_hex(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char pair[2] = {hex_digits[bytes[i] >> 4], hex_digits[bytes[i] & 15]};
        put_bytes(pair, 2);
    }
}

void put_escaped(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        if (byte <= ' ' || byte >= 0x7f || byte == '%' || byte == '=') {
            put_text("%");
            put_hex(&byte, 1);
        } else {
            put_bytes(bytes + i, 1);
        }
    }
}

const char *errno_name(int error) { return error == 0 ? NULL : strerrorname_np(error); }

void put_errno(int error)
{
    const char *name = errno_name(error);
    if (name != NULL) {
        put_text(name);
    } else {
        put_text("E");               // a kernel's private errno that leaked, 512 and up
        put_number(error);
    }
}

void say(const char *line)
{
    begin_line();
    put_text(line);
    end_line();
}

void say_error(const char *about, const char *what)
{
    begin_line();
    put_text("error ");
    put_text(about);
    put_text(": ");
    put_text(what);
    end_line();
}

char *take_token(char **rest)
{
    if (*rest == NULL)
        return NULL;
    char *token = *rest;
    char *blank = strchr(token, ' ');
    *rest = blank == NULL ? NULL : blank + 1;
    if (blank != NULL)
        *blank = '\0';
    return token;
}

bool parse_number(const char *text, int64_t lowest, int64_t highest, int64_t *number)
{
    if (text == NULL || !(*text == '-' || (*text >= '0' && *text <= '9')))
        return false;
    bool is_hex = text[0] == '0' && text[1] == 'x';
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, is_hex ? 16 : 10);
    if (errno != 0 || end == text || *end != '\0' || value < lowest || value > highest)
        return false;
    *number = value;
    return true;
}
