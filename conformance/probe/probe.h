// SPDX-License-Identifier: GPL-2.0-only
// The pieces of sockoracle-probe and of bare_loop. The protocol they speak is in README.md.
#ifndef SOCKORACLE_PROBE_H
#define SOCKORACLE_PROBE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

// ---- wire.c: lines in, lines out -------------------------------------------------------------

// How a context's process ended; it tells its parent through the shared wire, because an exit
// status could also come from elsewhere (a killed process, a sandbox).
enum ContextEnd { end_unknown, end_left, end_skipped, end_quit };

void wire_open(void);
bool wire_is_shared(void);           // false: no shared memory here, so no contexts
enum ContextEnd wire_end(void);
void wire_set_end(enum ContextEnd end);
char *next_line(void);               // without its newline; NULL at end of input
void flush_output(void);
void end_interrupted_line(void);     // after the death of a process that may have been writing

// A line becomes part of the output at end_line() only, so a process that dies in the middle of
// one leaves nothing half said.
void begin_line(void);
void end_line(void);
void put_text(const char *text);
void put_number(int64_t number);
void put_hex(const uint8_t *bytes, size_t count);
void put_escaped(const char *bytes, size_t count);
void put_errno(int error);
void say(const char *line);                                     // one whole line
void say_error(const char *about, const char *what);            // "error ABOUT: WHAT"

const char *errno_name(int error);   // NULL where the number has no name
char *take_token(char **rest);       // up to the next blank; NULL when nothing is left
bool parse_number(const char *text, int64_t lowest, int64_t highest, int64_t *number);

// ---- observe.c, observe_parse.c: what is read from a fresh socket ------------------------------

enum { observable_count = 256, word_size = 96, option_size = 256, record_size = 16384 };

enum Kind {
    kind_none, kind_sockopt, kind_sockname, kind_sockname_port, kind_peername,
    kind_fstat, kind_fcntl, kind_ioctl, kind_xattr, kind_listxattr, kind_fdlink,
    kind_procline, kind_procrow, kind_procfield, kind_procproto, kind_procprotoval, kind_fdinfo,
};

enum Format { format_i32, format_u32s, format_u64, format_hex, format_len, format_nonzero,
              format_str };

enum StatField { stat_mode, stat_uid, stat_gid, stat_nlink, stat_blksize, stat_size };

struct Observable {
    enum Kind kind;
    bool deep;
    bool sym;
    int level, option, length;      // sockopt; option: also the fcntl command, the stat field
    enum Format format;
    unsigned long request;          // ioctl
    char file[word_size];           // proc kinds; xattr: its name
    char word[2][word_size];        // proc kinds: prefix and field, or column
};

extern struct Observable observables[observable_count];

bool parse_observe(char *arguments);             // says the error itself
int list_observables(bool with_deep, uint8_t ids[observable_count]);

struct Socket {
    int fd;
    int32_t protocol;               // as asked
    bool has_stat;
    struct stat stat;
};

bool socket_stat(struct Socket *sock);

// ---- record.c: what was read, one entry after the other, in a form that compares by bytes -------

struct Record {
    size_t length;
    uint8_t bytes[record_size];
};

// How an entry's value is printed. tag_protocol: equal to the protocol asked for; tag_protocol16:
// only to its low 16 bits.
enum Tag { tag_errno, tag_number, tag_octal, tag_protocol, tag_protocol16, tag_length, tag_u32s,
           tag_u64, tag_hex, tag_text, tag_address };

// The payload of tag_address, without padding so that it compares by bytes.
struct Address {
    int32_t family;
    uint32_t address_length;
    uint8_t address[16];
    uint16_t port;
    uint16_t port_tag;              // tag_number, tag_protocol or tag_protocol16
};

void record_clear(struct Record *record);
void record_add(struct Record *record, enum Tag tag, int id, const void *payload, size_t length);
void record_errno(struct Record *record, int id, int error);
void record_number(struct Record *record, int id, const struct Socket *sock, int64_t number);
void record_text(struct Record *record, int id, const char *text, size_t length);
enum Tag protocol_tag(const struct Socket *sock, int64_t number);
void put_record(const uint8_t *bytes, size_t length);   // " ID=VALUE ID=VALUE ..."
void read_observable(struct Record *record, int id, struct Socket *sock);    // observe.c

// ---- proc_text.c: words in the tables under /proc -----------------------------------------------

enum { token_count = 64 };

// The tokens of one line. The text itself stays as it is, for the next look.
struct Tokens {
    int count;
    struct {
        const char *text;
        size_t length;
    } token[token_count];
};

int write_file(const char *path, const char *text);          // 0, or -1 and errno
ssize_t load_file(const char *path, char *buffer, size_t size);     // -errno on failure
bool next_tokens(const char **text, struct Tokens *tokens);         // false at the text's end
bool token_is(const struct Tokens *tokens, int index, const char *word, size_t length);
bool token_number(const struct Tokens *tokens, int index, int64_t *number);
int data_column(const struct Tokens *heading, const char *word);    // -1: no such column
// "PREFIX FIELD NUMBER FIELD NUMBER ...", as in /proc/net/sockstat.
bool line_counter(const char *text, const char *prefix, const char *field, int64_t *number);
// A table with a heading line; the row is the one whose first word is `row`.
bool find_cell(const char *text, const char *row, const char *column, struct Tokens *tokens,
               int *index);
bool table_counter(const char *text, const char *row, const char *column, int64_t *number);

// ---- observe_proc.c: counters and rows under /proc ---------------------------------------------

bool proc_has_deltas(void);
void proc_before(bool give_up);
void proc_after(void);
void read_proc_observable(struct Record *record, int id, struct Socket *sock);

// ---- grid.c: the calls; bare_loop.c has its own -----------------------------------------------

void install_sigsys_handler(void);
void forget_states(void);                        // state.c
int intern_state(const struct Record *record);   // state.c: its number; says it if it is new
void serve_grid(char *arguments, bool several);
void serve_deep(char *arguments);
void serve_timing(void);

// ---- grid_parse.c: what grid, grids and deep ask for

bool take_family_and_type(char **rest, int32_t *family, int32_t *type);
// LO HI up to a comma or the end; *rest is NULL after the last one.
bool take_range(char **rest, int32_t *low, int32_t *high);
bool parse_i32(const char *text, int32_t *number);

// ---- init.c: the first process of a virtual machine

_Noreturn void run_as_init(void);

// ---- autoload.c: who asks for which module, and this program as the machine's modprobe

int run_as_modprobe(const char *alias);
void load_modules(void (*tell)(const char *name, int error));    // those of /modules/order
void serve_modprobe(const char *mode);
void serve_modules(void);
void serve_autoload(char *arguments);

// ---- program.c: the program that looks into the kernel of a machine from inside

void serve_program(void);

// ---- hold.c: sockets that stay open

void serve_hold(char *arguments);
void serve_drop(void);

// ---- entry.c: single calls through any entry point

void serve_call(char *arguments);
void serve_process(void);

// ---- witness.c: how far a call got

void serve_inodes(char *arguments);
void serve_destroyed(char *arguments);

// ---- facts.c, capability.c, context.c, stage.c: who and where the caller is ---------------------

void serve_hello(void);
void serve_read(char *arguments);

bool capability_mask(const char *names, uint64_t *mask);    // "net_raw,sys_admin"
int capabilities_get(uint64_t *effective, uint64_t *permitted);     // 0 or errno
int capabilities_set(uint64_t mask);                                // 0 or errno

// The whole life of one context, from the child's fork to the answer of `leave`.
// false: end of input or `quit` inside it.
bool serve_context(char *arguments);
bool serve(bool inside_context);     // the request loop; false after quit or EOF

// The model's list of operations, and what only the probe can do (stage_parse.c, stage.c).
enum OpKind {
#define CONTEXT_OPERATION(id, word, argument, sentence) op_##id,
#define PROBE_OPERATION CONTEXT_OPERATION
#include "model/context_operations.def"
};
enum { op_count_max = 32, group_count_max = 64 };

enum CapsAsked { caps_none, caps_keep, caps_all, caps_all_but, caps_only };

struct Op {
    enum OpKind kind;
    const char *text;               // as typed, for the answer
    int64_t number;
    const char *name;               // sysctl: its name; cgroup: its directory; caps: unused
    const char *value;              // sysctl: what to write
    enum CapsAsked caps;
    uint64_t mask;
    int group_count;
    gid_t groups[group_count_max];
};

int parse_ops(char *text, struct Op ops[op_count_max]);      // -1 after having said the error

// Why an op could not be staged: the system call, or what it was about, and the errno.
struct Refusal {
    const char *call;
    int error;
};

bool stage_op(const struct Op *op, struct Refusal *refusal);
bool stage_end(struct Refusal *refusal);

// ---- machine.c: what only a kernel that was booted for this probe has done to it

bool machine_is_own(void);           // as root, before a context gives up its rights
bool machine_allows(enum OpKind kind);
bool stage_machine(enum OpKind kind, struct Refusal *refusal);
// In the parent of a context, around its life: what would outlive it is put back.
void machine_before(const struct Op *ops, int count);
void machine_after(void);

#endif
