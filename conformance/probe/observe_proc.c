// SPDX-License-Identifier: GPL-2.0-only
// Observables of the `deep` request that stand in files under /proc: counters, and the row of the
// new socket in a table.
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <time.h>

enum { snapshot_size = 1 << 15, snapshot_count = 8, table_size = 1 << 18 };

// One file, read just before the call and just after it.
struct Snapshot {
    char path[word_size];
    ssize_t before_length, after_length;     // -errno where the file could not be read
    char before[snapshot_size], after[snapshot_size];
};

static struct Snapshot snapshots[snapshot_count];
static int snapshots_used;
static bool gave_up;                         // the counters do not come to rest
static char table[table_size];

static bool is_delta(const struct Observable *observable)
{
    return observable->kind == kind_procline || observable->kind == kind_procproto;
}

bool proc_has_deltas(void)
{
    for (int id = 0; id < observable_count; id++) {
        if (is_delta(&observables[id]))
            return true;
    }
    return false;
}

static struct Snapshot *find_snapshot(const char *path)
{
    for (int i = 0; i < snapshots_used; i++) {
        if (strcmp(snapshots[i].path, path) == 0)
            return &snapshots[i];
    }
    return NULL;
}

static void list_snapshots(void)
{
    snapshots_used = 0;
    for (int id = 0; id < observable_count; id++) {
        if (!is_delta(&observables[id]) || find_snapshot(observables[id].file) != NULL)
            continue;
        if (snapshots_used == snapshot_count)
            return;
        strcpy(snapshots[snapshots_used++].path, observables[id].file);
    }
}

// Sockets die after an RCU grace period, and the counters are sums over cpus: waits until two
// looks in a row agree, for 5 ms at most. The caller repeats the call where that was not enough. An
// emulated machine has longer grace periods, in which four looks agree.
void proc_before(bool give_up)
{
    static char previous[snapshot_size];
    const bool slow = machine_is_own();
    const struct timespec pause = {.tv_sec = 0, .tv_nsec = (slow ? 4000 : 500) * 1000};
    int agreeing = 0;
    list_snapshots();
    gave_up = give_up;
    for (int look = 0; look < (slow ? 40 : 10); look++) {
        bool stable = look > 0;
        for (int i = 0; i < snapshots_used; i++) {
            struct Snapshot *snapshot = &snapshots[i];
            const ssize_t previous_length = look > 0 ? snapshot->before_length : -1;
            if (previous_length > 0)
                memcpy(previous, snapshot->before, (size_t)previous_length);
            snapshot->before_length = load_file(snapshot->path, snapshot->before, snapshot_size);
            if (snapshot->before_length > 0 &&
                (snapshot->before_length != previous_length ||
                 memcmp(previous, snapshot->before, (size_t)previous_length) != 0))
                stable = false;
        }
        agreeing = stable ? agreeing + 1 : 0;
        if (agreeing == (slow ? 3 : 1))
            return;
        nanosleep(&pause, NULL);
    }
}

void proc_after(void)
{
    for (int i = 0; i < snapshots_used; i++) {
        struct Snapshot *snapshot = &snapshots[i];
        snapshot->after_length = load_file(snapshot->path, snapshot->after, snapshot_size);
    }
}

// The name of the socket's struct proto, which names its row in /proc/net/protocols.
static bool proto_name(const struct Socket *sock, char name[word_size])
{
    ssize_t length = fgetxattr(sock->fd, "system.sockprotoname", name, word_size - 1);
    if (length <= 0)
        return false;
    name[length] = '\0';
    return true;
}

static void read_delta(struct Record *record, int id, struct Socket *sock)
{
    const struct Observable *observable = &observables[id];
    const struct Snapshot *snapshot = find_snapshot(observable->file);
    char name[word_size];
    int64_t before = 0, after = 0;
    bool found;
    if (snapshot == NULL || gave_up) {       // NULL: more than snapshot_count different files
        record_errno(record, id, gave_up ? EAGAIN : EMFILE);
        return;
    }
    if (snapshot->before_length < 0 || snapshot->after_length < 0) {
        ssize_t length = snapshot->before_length < 0 ? snapshot->before_length
                                                     : snapshot->after_length;
        record_errno(record, id, (int)-length);
        return;
    }
    if (observable->kind == kind_procline) {
        const char *prefix = observable->word[0], *field = observable->word[1];
        found = line_counter(snapshot->before, prefix, field, &before) &&
                line_counter(snapshot->after, prefix, field, &after);
    } else {
        const char *column = observable->word[0];
        found = proto_name(sock, name) && table_counter(snapshot->before, name, column, &before) &&
                table_counter(snapshot->after, name, column, &after);
    }
    if (found)
        record_number(record, id, sock, after - before);
    else
        record_errno(record, id, ENOENT);
}

// The row of the file that carries the socket's inode number.
static bool find_row(const char *text, struct Socket *sock, const char *column,
                     struct Tokens *tokens, int *index)
{
    char inode[24];
    if (!socket_stat(sock) || !next_tokens(&text, tokens))
        return false;
    snprintf(inode, sizeof inode, "%llu", (unsigned long long)sock->stat.st_ino);
    int inode_column = data_column(tokens, "inode");
    if (inode_column < 0)
        inode_column = data_column(tokens, "Inode");
    if (inode_column < 0)
        return false;
    *index = column == NULL ? 0 : data_column(tokens, column);
    while (next_tokens(&text, tokens)) {
        if (token_is(tokens, inode_column, inode, strlen(inode)))
            return true;
    }
    return false;
}

static void read_row(struct Record *record, int id, struct Socket *sock)
{
    const struct Observable *observable = &observables[id];
    const bool cell = observable->kind == kind_procfield;
    struct Tokens tokens;
    int index = 0;
    ssize_t length = load_file(observable->file, table, sizeof table);
    if (length < 0) {
        record_errno(record, id, (int)-length);
        return;
    }
    bool found = find_row(table, sock, cell ? observable->word[0] : NULL, &tokens, &index);
    if (!cell)
        record_number(record, id, sock, found);
    else if (!found || index < 0 || index >= tokens.count)
        record_errno(record, id, ENOENT);
    else
        record_text(record, id, tokens.token[index].text, tokens.token[index].length);
}

static void read_proto_cell(struct Record *record, int id, struct Socket *sock)
{
    const struct Observable *observable = &observables[id];
    struct Tokens tokens;
    char name[word_size];
    int index;
    ssize_t length = load_file(observable->file, table, sizeof table);
    if (length < 0)
        record_errno(record, id, (int)-length);
    else if (!proto_name(sock, name) ||
             !find_cell(table, name, observable->word[0], &tokens, &index))
        record_errno(record, id, ENOENT);
    else
        record_text(record, id, tokens.token[index].text, tokens.token[index].length);
}

// "KEY:\tVALUE" of the descriptor's fdinfo; the socket's own inode number reads $inode.
static void read_fdinfo(struct Record *record, int id, struct Socket *sock)
{
    const struct Observable *observable = &observables[id];
    char path[48], text[1024];
    struct Tokens tokens;
    int64_t number;
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", sock->fd);
    ssize_t length = load_file(path, text, sizeof text);
    if (length < 0) {
        record_errno(record, id, (int)-length);
        return;
    }
    const char *at = text;
    const size_t key_length = strlen(observable->word[0]);
    while (next_tokens(&at, &tokens)) {
        if (tokens.count < 2 || tokens.token[0].length != key_length + 1 ||
            strncmp(tokens.token[0].text, observable->word[0], key_length) != 0)
            continue;
        if (token_number(&tokens, 1, &number) && socket_stat(sock) &&
            (ino_t)number == sock->stat.st_ino)
            record_text(record, id, "$inode", strlen("$inode"));
        else
            record_text(record, id, tokens.token[1].text, tokens.token[1].length);
        return;
    }
    record_errno(record, id, ENOENT);
}

void read_proc_observable(struct Record *record, int id, struct Socket *sock)
{
    switch (observables[id].kind) {
    case kind_procline:
    case kind_procproto:
        read_delta(record, id, sock);
        return;
    case kind_procrow:
    case kind_procfield:
        read_row(record, id, sock);
        return;
    case kind_procprotoval:
        read_proto_cell(record, id, sock);
        return;
    default:
        read_fdinfo(record, id, sock);
        return;
    }
}
