// SPDX-License-Identifier: GPL-2.0-only
// Small files of the kernel, whole; and words in the tables that it prints under /proc.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

ssize_t load_file(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    size_t length = 0;
    ssize_t result = 0;
    while (length < size - 1) {
        ssize_t count = read(fd, buffer + length, size - 1 - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            result = count < 0 ? -errno : (ssize_t)length;
            break;
        }
        length += (size_t)count;
        result = -EFBIG;
    }
    buffer[length] = '\0';
    close(fd);
    return result;
}

int write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t count = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return count < 0 ? -1 : 0;
}

bool next_tokens(const char **text, struct Tokens *tokens)
{
    const char *at = *text;
    tokens->count = 0;
    if (*at == '\0')
        return false;
    while (*at != '\0' && *at != '\n') {
        size_t blanks = strspn(at, " \t");
        at += blanks;
        size_t length = strcspn(at, " \t\n");
        if (length > 0 && tokens->count < token_count) {
            tokens->token[tokens->count].text = at;
            tokens->token[tokens->count].length = length;
            tokens->count++;
        }
        at += length;
    }
    *text = *at == '\n' ? at + 1 : at;
    return true;
}

bool token_is(const struct Tokens *tokens, int index, const char *word, size_t length)
{
    return index < tokens->count && tokens->token[index].length == length &&
           strncmp(tokens->token[index].text, word, length) == 0;
}

static int find_token(const struct Tokens *tokens, const char *word)
{
    for (int i = 0; i < tokens->count; i++) {
        if (token_is(tokens, i, word, strlen(word)))
            return i;
    }
    return -1;
}

bool token_number(const struct Tokens *tokens, int index, int64_t *number)
{
    char digits[24];
    if (index >= tokens->count || tokens->token[index].length >= sizeof digits)
        return false;
    memcpy(digits, tokens->token[index].text, tokens->token[index].length);
    digits[tokens->token[index].length] = '\0';
    return parse_number(digits, INT64_MIN, INT64_MAX, number);
}

bool line_counter(const char *text, const char *prefix, const char *field, int64_t *number)
{
    struct Tokens tokens;
    while (next_tokens(&text, &tokens)) {
        if (!token_is(&tokens, 0, prefix, strlen(prefix)))
            continue;
        int index = find_token(&tokens, field);
        return index > 0 && token_number(&tokens, index + 1, number);
    }
    return false;
}

bool find_cell(const char *text, const char *row, const char *column, struct Tokens *tokens,
               int *index)
{
    if (!next_tokens(&text, tokens))
        return false;
    *index = find_token(tokens, column);
    if (*index < 0)
        return false;
    while (next_tokens(&text, tokens)) {
        if (token_is(tokens, 0, row, strlen(row)))
            return *index < tokens->count;
    }
    return false;
}

bool table_counter(const char *text, const char *row, const char *column, int64_t *number)
{
    struct Tokens tokens;
    int index;
    return find_cell(text, row, column, &tokens, &index) && token_number(&tokens, index, number);
}

// In some headings of /proc/net two words stand over one column ("tx_queue rx_queue" over
// "00000000:00000000"), which moves all words after them.
int data_column(const struct Tokens *heading, const char *word)
{
    int index = find_token(heading, word);
    int shift = 0;
    for (int i = 0; i < index; i++) {
        if (token_is(heading, i, "tx_queue", 8) || token_is(heading, i, "tr", 2))
            shift++;
    }
    return index < 0 ? -1 : index - shift;
}
