#include "wire/proc_text.h"
#include "base/ascii.h"

#include <string.h>

enum { TCP_STATE_LISTEN = 0x0A };

/* --- pieces --- */

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n';
}

/* The next word; empty at the end. */
static struct hf_bytes next_word(struct hf_bytes *text)
{
    size_t from = 0, end;
    while (from < text->len && is_blank(text->ptr[from])) from++;
    end = from;
    while (end < text->len && !is_blank(text->ptr[end])) end++;
    struct hf_bytes word = hf_bytes_head(hf_bytes_from(*text, from), end - from);
    *text = hf_bytes_from(*text, end);
    return word;
}

bool hf_proc_next_number(struct hf_bytes *text, uint64_t *out)
{
    struct hf_bytes rest = *text;
    if (!hf_bytes_u64(next_word(&rest), out)) return false;
    *text = rest;
    return true;
}

bool hf_proc_next_line(struct hf_bytes *text, struct hf_bytes *line)
{
    if (text->len == 0) return false;
    size_t end = hf_bytes_find(*text, 0, '\n');
    *line = hf_bytes_head(*text, end);
    *text = hf_bytes_from(*text, end + 1);
    return true;
}

bool hf_proc_key_number(struct hf_bytes text, struct hf_bytes key, uint64_t *out)
{
    struct hf_bytes line;
    while (hf_proc_next_line(&text, &line)) {
        if (!hf_bytes_same(next_word(&line), key)) continue;
        return hf_bytes_u64(next_word(&line), out);
    }
    return false;
}

/* --- /proc/PID/stat --- */

/* A number that may be negative (-1: no terminal). */
static bool next_signed(struct hf_bytes *text, int64_t *out)
{
    uint64_t value;
    struct hf_bytes word = next_word(text);
    bool is_negative = word.len > 0 && word.ptr[0] == '-';
    if (!hf_bytes_u64(hf_bytes_from(word, is_negative ? 1 : 0), &value) || value > INT64_MAX)
        return false;
    *out = is_negative ? -(int64_t)value : (int64_t)value;
    return true;
}

/* Fields 4 to 22: those between are of no use here, but must be numbers. */
static bool read_numbers(struct hf_bytes text, struct hf_proc_stat *out)
{
    int64_t fields[23] = { 0 };
    for (size_t i = 4; i <= 22; i++)
        if (!next_signed(&text, &fields[i])) return false;
    out->parent = fields[4];
    out->session = fields[6];
    out->user_ticks = (uint64_t)fields[14];
    out->sys_ticks = (uint64_t)fields[15];
    out->started = (uint64_t)fields[22];
    return true;
}

bool hf_proc_stat_read(struct hf_bytes text, struct hf_proc_stat *out)
{
    struct hf_proc_stat read = { 0 };
    size_t open = hf_bytes_find(text, 0, '('), close = text.len;
    while (close > 0 && text.ptr[close - 1] != ')') close--;
    if (close <= open + 1) return false;
    struct hf_bytes head = hf_bytes_head(text, open), tail = hf_bytes_from(text, close);
    read.name = hf_bytes_head(hf_bytes_from(text, open + 1), close - open - 2);
    if (!next_signed(&head, &read.pid)) return false;
    struct hf_bytes state = next_word(&tail);
    if (state.len != 1 || !read_numbers(tail, &read)) return false;
    read.state = (char)state.ptr[0];
    *out = read;
    return true;
}

/* --- signals --- */

/* All digits, as many as 64 bits have at most. */
static bool read_hex(struct hf_bytes text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.len == 0 || text.len > 2 * sizeof value) return false;
    for (size_t i = 0; i < text.len; i++) {
        int digit = hf_ascii_hex(text.ptr[i]);
        if (digit < 0) return false;
        value = value << 4 | (uint64_t)digit;
    }
    *out = value;
    return true;
}

bool hf_proc_catches(struct hf_bytes status, int number)
{
    struct hf_bytes line;
    uint64_t caught;
    if (number < 1 || number > 64) return false;
    while (hf_proc_next_line(&status, &line)) {
        struct hf_bytes key = next_word(&line);
        if (!hf_bytes_same(key, HF_LIT("SigCgt:"))) continue;
        return read_hex(next_word(&line), &caught) && (caught >> (number - 1) & 1) != 0;
    }
    return false;
}

/* --- mounts and cgroups --- */

bool hf_proc_mount_read(struct hf_bytes line, struct hf_proc_mount *out)
{
    struct hf_proc_mount read;
    for (int i = 0; i < 3; i++) next_word(&line); /* ids, device */
    read.root = next_word(&line);
    read.point = next_word(&line);
    /* Optional fields end at a lone dash. */
    for (;;) {
        struct hf_bytes word = next_word(&line);
        if (word.len == 0) return false;
        if (hf_bytes_same(word, HF_LIT("-"))) break;
    }
    read.type = next_word(&line);
    if (read.type.len == 0) return false;
    *out = read;
    return true;
}

static bool is_octal(struct hf_bytes digits)
{
    for (size_t i = 0; i < 3; i++)
        if (digits.ptr[i] < '0' || digits.ptr[i] > '7') return false;
    return digits.ptr[0] <= '3';
}

size_t hf_proc_path_unescape(struct hf_bytes text, char *out, size_t cap)
{
    size_t len = 0;
    while (text.len > 0) {
        uint8_t byte = text.ptr[0];
        size_t used = 1;
        if (byte == '\\' && text.len >= 4 && is_octal(hf_bytes_from(text, 1))) {
            byte = (uint8_t)((text.ptr[1] - '0') << 6 | (text.ptr[2] - '0') << 3 |
                             (text.ptr[3] - '0'));
            used = 4;
        }
        if (len + 1 >= cap) return 0;
        out[len++] = (char)byte;
        text = hf_bytes_from(text, used);
    }
    if (cap > 0) out[len] = '\0';
    return len;
}

struct hf_bytes hf_proc_cgroup_path(struct hf_bytes text)
{
    struct hf_bytes line;
    while (hf_proc_next_line(&text, &line))
        if (hf_bytes_starts(line, HF_LIT("0::"))) return hf_bytes_from(line, 3);
    return HF_EMPTY;
}

struct hf_bytes hf_proc_unit(struct hf_bytes path)
{
    struct hf_bytes unit = HF_EMPTY;
    while (path.len > 0) {
        size_t end = hf_bytes_find(path, 0, '/');
        struct hf_bytes part = hf_bytes_head(path, end);
        if (hf_bytes_ends(part, HF_LIT(".service")) || hf_bytes_ends(part, HF_LIT(".scope")))
            unit = part;
        path = hf_bytes_from(path, end + 1);
    }
    return unit;
}

/* --- /proc/net/tcp --- */

/* Addresses stand as 32-bit words in the machine's byte order. */
static bool read_address(struct hf_bytes text, struct hf_proc_socket *out)
{
    if (text.len != 8 && text.len != 32) return false;
    out->is_v6 = text.len == 32;
    for (size_t i = 0; i < text.len / 8; i++) {
        uint64_t wide;
        if (!read_hex(hf_bytes_head(hf_bytes_from(text, 8 * i), 8), &wide)) return false;
        uint32_t word = (uint32_t)wide;
        memcpy(out->address + 4 * i, &word, sizeof word);
    }
    return true;
}

bool hf_proc_socket_read(struct hf_bytes line, struct hf_proc_socket *out)
{
    struct hf_proc_socket read = { 0 };
    uint64_t port, state;
    next_word(&line); /* "0:" */
    struct hf_bytes local = next_word(&line);
    size_t colon = hf_bytes_find(local, 0, ':');
    next_word(&line); /* the peer */
    if (!read_address(hf_bytes_head(local, colon), &read) ||
        !read_hex(hf_bytes_from(local, colon + 1), &port) || port > UINT16_MAX ||
        !read_hex(next_word(&line), &state))
        return false;
    for (int i = 0; i < 3; i++) next_word(&line); /* queues, timer, retries */
    if (!hf_bytes_u64(next_word(&line), &read.uid)) return false;
    next_word(&line); /* timeout */
    if (!hf_bytes_u64(next_word(&line), &read.inode)) return false;
    read.port = (uint16_t)port;
    read.is_listening = state == TCP_STATE_LISTEN;
    *out = read;
    return true;
}
