// SPDX-License-Identifier: GPL-2.0-only
// The `observe` request: which observables there are.
#include "probe.h"

#include <fcntl.h>
#include <string.h>

struct Observable observables[observable_count];

// Every kind, and how many words follow it.
static const struct KindRow {
    const char *word;
    enum Kind kind;
    int argument_count;
    bool deep_only;
} kind_rows[] = {
    {"sockopt", kind_sockopt, 4, false},
    {"sockname", kind_sockname, 0, false},
    {"sockname-port", kind_sockname_port, 0, false},
    {"peername", kind_peername, 0, false},
    {"fstat", kind_fstat, 1, false},
    {"fcntl", kind_fcntl, 1, false},
    {"ioctl", kind_ioctl, 1, false},
    {"xattr", kind_xattr, 1, false},
    {"listxattr", kind_listxattr, 0, false},
    {"fdlink", kind_fdlink, 0, false},
    {"fdinfo", kind_fdinfo, 1, true},
    {"procline", kind_procline, 3, true},
    {"procrow", kind_procrow, 1, true},
    {"procfield", kind_procfield, 2, true},
    {"procproto", kind_procproto, 2, true},
    {"procprotoval", kind_procprotoval, 2, true},
};

// A word and what it stands for, for the three small vocabularies below.
struct WordRow {
    const char *word;
    int value;
};

static const struct WordRow format_rows[] = {
    {"i32", format_i32}, {"u32s", format_u32s}, {"u64", format_u64}, {"hex", format_hex},
    {"len", format_len}, {"nonzero", format_nonzero}, {"str", format_str}, {NULL, 0},
};

static const struct WordRow stat_rows[] = {
    {"mode", stat_mode}, {"uid", stat_uid}, {"gid", stat_gid}, {"nlink", stat_nlink},
    {"blksize", stat_blksize}, {"size", stat_size}, {NULL, 0},
};

static const struct WordRow fcntl_rows[] = {{"getfl", F_GETFL}, {"getfd", F_GETFD}, {NULL, 0}};

static bool look_up(const struct WordRow *rows, const char *word, int *value)
{
    for (; rows->word != NULL; rows++) {
        if (strcmp(rows->word, word) == 0) {
            *value = rows->value;
            return true;
        }
    }
    return false;
}

static bool copy_word(char target[word_size], const char *word)
{
    size_t length = strlen(word);
    if (length == 0 || length >= word_size)
        return false;
    memcpy(target, word, length + 1);
    return true;
}

static bool parse_sockopt(struct Observable *observable, char *const arguments[])
{
    int64_t level, option, length;
    int format;
    if (!parse_number(arguments[0], INT32_MIN, INT32_MAX, &level) ||
        !parse_number(arguments[1], INT32_MIN, INT32_MAX, &option) ||
        !parse_number(arguments[2], 0, option_size, &length) ||
        !look_up(format_rows, arguments[3], &format))
        return false;
    observable->level = (int)level;
    observable->option = (int)option;
    observable->length = (int)length;
    observable->format = (enum Format)format;
    return true;
}

static bool parse_arguments(struct Observable *observable, char *const arguments[])
{
    int64_t number;
    switch (observable->kind) {
    case kind_sockopt:
        return parse_sockopt(observable, arguments);
    case kind_fstat:
        return look_up(stat_rows, arguments[0], &observable->option);
    case kind_fcntl:
        return look_up(fcntl_rows, arguments[0], &observable->option);
    case kind_ioctl:
        if (!parse_number(arguments[0], 0, UINT32_MAX, &number))
            return false;
        observable->request = (unsigned long)number;
        return true;
    case kind_fdinfo:
        return copy_word(observable->word[0], arguments[0]);
    case kind_xattr:
    case kind_procrow:
        return copy_word(observable->file, arguments[0]);
    case kind_procfield:
    case kind_procproto:
    case kind_procprotoval:
        return copy_word(observable->file, arguments[0]) &&
               copy_word(observable->word[0], arguments[1]);
    case kind_procline:
        return copy_word(observable->file, arguments[0]) &&
               copy_word(observable->word[0], arguments[1]) &&
               copy_word(observable->word[1], arguments[2]);
    case kind_none:
    case kind_sockname:
    case kind_sockname_port:
    case kind_peername:
    case kind_listxattr:
    case kind_fdlink:
        break;
    }
    return true;
}

static const struct KindRow *find_kind(const char *word)
{
    for (size_t i = 0; i < sizeof kind_rows / sizeof kind_rows[0]; i++) {
        if (strcmp(kind_rows[i].word, word) == 0)
            return &kind_rows[i];
    }
    return NULL;
}

bool parse_observe(char *arguments)
{
    int64_t id;
    if (!parse_number(take_token(&arguments), 0, observable_count - 1, &id)) {
        say_error("observe", "the id is a number from 0 to 255");
        return false;
    }
    const char *class_word = take_token(&arguments);
    const char *name = take_token(&arguments);
    const char *kind_word = take_token(&arguments);
    if (kind_word == NULL || *name == '\0' ||
        (strcmp(class_word, "fast") != 0 && strcmp(class_word, "deep") != 0)) {
        say_error("observe", "wanted: observe ID fast|deep NAME KIND ARGS...");
        return false;
    }
    const struct KindRow *row = find_kind(kind_word);
    if (row == NULL) {
        say_error("observe", "no such kind");
        return false;
    }
    struct Observable observable = {.kind = row->kind, .deep = strcmp(class_word, "deep") == 0};
    if (row->deep_only && !observable.deep) {
        say_error("observe", "this kind is deep only");
        return false;
    }
    char *words[4];
    for (int i = 0; i < row->argument_count; i++) {
        words[i] = take_token(&arguments);
        if (words[i] == NULL) {
            say_error("observe", "too few words after the kind");
            return false;
        }
    }
    const char *flag = take_token(&arguments);
    observable.sym = flag != NULL && strcmp(flag, "sym") == 0;
    if ((flag != NULL && !observable.sym) || arguments != NULL ||
        !parse_arguments(&observable, words)) {
        say_error("observe", "malformed words after the kind");
        return false;
    }
    observables[id] = observable;
    forget_states();
    return true;
}

int list_observables(bool with_deep, uint8_t ids[observable_count])
{
    int count = 0;
    for (int id = 0; id < observable_count; id++) {
        if (observables[id].kind != kind_none && (with_deep || !observables[id].deep))
            ids[count++] = (uint8_t)id;
    }
    return count;
}
