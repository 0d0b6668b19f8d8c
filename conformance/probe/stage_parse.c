// SPDX-License-Identifier: GPL-2.0-only
// The staging operations of a `context` request, checked before anything is done.
#include "probe.h"

#include <string.h>

static bool parse_groups(const char *text, struct Op *op)
{
    op->group_count = 0;
    if (strcmp(text, "none") == 0)
        return true;
    while (op->group_count < group_count_max) {
        char digits[16];
        int64_t group;
        size_t length = strcspn(text, ",");
        if (length >= sizeof digits)
            return false;
        memcpy(digits, text, length);
        digits[length] = '\0';
        if (!parse_number(digits, 0, UINT32_MAX - 1, &group))
            return false;
        op->groups[op->group_count++] = (gid_t)group;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
    return false;
}

static bool parse_caps(const char *text, struct Op *op)
{
    static const char all_but[] = "all-but:", only[] = "only:";
    if (strcmp(text, "none") == 0) {
        op->caps = caps_none;
        return true;
    }
    if (strcmp(text, "keep") == 0) {
        op->caps = caps_keep;
        return true;
    }
    if (strcmp(text, "all") == 0) {
        op->caps = caps_all;
        return true;
    }
    if (strncmp(text, all_but, strlen(all_but)) == 0) {
        op->caps = caps_all_but;
        return capability_mask(text + strlen(all_but), &op->mask);
    }
    op->caps = caps_only;
    return strncmp(text, only, strlen(only)) == 0 &&
           capability_mask(text + strlen(only), &op->mask);
}

// Only net.* names: those a network namespace has for itself. No way out of /proc/sys/net either.
static bool good_sysctl_name(const char *name)
{
    return strncmp(name, "net.", 4) == 0 && strlen(name) < word_size &&
           strstr(name, "..") == NULL && strchr(name, '/') == NULL;
}

enum Argument { argument_nothing, argument_id, argument_groups, argument_caps, argument_sysctl,
                argument_directory };

static const struct OpRow {
    const char *word;
    enum OpKind kind;
    enum Argument argument;
} op_rows[] = {
#define CONTEXT_OPERATION(id, word, argument, sentence) {word, op_##id, argument_##argument},
#define PROBE_OPERATION CONTEXT_OPERATION
#include "model/context_operations.def"
};

static bool parse_op(char *text, struct Op *op)
{
    const char *word = take_token(&text);
    const struct OpRow *row = NULL;
    for (size_t i = 0; word != NULL && i < sizeof op_rows / sizeof op_rows[0]; i++) {
        if (strcmp(op_rows[i].word, word) == 0)
            row = &op_rows[i];
    }
    if (row == NULL)
        return false;
    *op = (struct Op){.kind = row->kind, .text = row->word};
    if (row->argument == argument_id)
        return parse_number(take_token(&text), 0, UINT32_MAX - 1, &op->number) && text == NULL;
    if (row->argument == argument_nothing)
        return text == NULL;
    char *argument = take_token(&text);
    if (argument == NULL)
        return false;
    op->name = argument;
    op->value = text;
    if (row->argument == argument_sysctl)
        return text != NULL && good_sysctl_name(argument);
    if (text != NULL)
        return false;
    if (row->argument == argument_directory)
        return argument[0] == '/' && strlen(argument) < word_size;
    return row->argument == argument_groups ? parse_groups(argument, op) : parse_caps(argument, op);
}

int parse_ops(char *text, struct Op ops[op_count_max])
{
    bool own_netns = false;
    int count = 0;
    while (text != NULL) {
        char *end = strchr(text, ';');
        char *next = NULL;
        if (end != NULL) {
            *end = '\0';
            next = end[1] == ' ' ? end + 2 : end + 1;
        }
        if (count == op_count_max) {
            say_error("context", "too many operations");
            return -1;
        }
        if (!parse_op(text, &ops[count])) {
            say_error("context", "no such operation, or malformed words after it");
            return -1;
        }
        if (!machine_allows(ops[count].kind)) {
            say_error("context", "the operation is for a machine of its own only");
            return -1;
        }
        if (ops[count].kind == op_sysctl && !own_netns) {
            say_error("context", "sysctl only after netns or ownednetns");
            return -1;
        }
        own_netns = own_netns || ops[count].kind == op_netns || ops[count].kind == op_ownednetns;
        count++;
        text = next;
    }
    return count;
}
