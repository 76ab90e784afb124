/* A remote client's bytes through engine/front.  The first two bytes of the input choose
 * the cuts and the upstream's answer, the rest is what the client sends. */
#include "base/limits.h"
#include "engine/front.h"
#include "fuzz.h"

enum { OUT_MAX = 1 << 22 };

struct passed { /* what came of it */
    bool is_gated, is_dialed;
    struct hf_buf bytes; /* to the upstream; with is_gated: for the gate */
};

static void take_output(struct hf_front *f, hf_id id, struct passed *out)
{
    struct hf_bytes bytes;
    while ((bytes = hf_front_output(f, id, HF_RELAY_UPSTREAM)).len > 0) {
        hf_buf_add(&out->bytes, bytes);
        hf_front_written(f, hf_at_ms(0), id, HF_RELAY_UPSTREAM, bytes.len);
    }
    bytes = hf_front_output(f, id, HF_RELAY_CLIENT);
    hf_front_written(f, hf_at_ms(0), id, HF_RELAY_CLIENT, bytes.len);
}

static void carry_out(struct hf_front *f, hf_id id, uint32_t acts, bool says_101,
                      struct passed *out)
{
    if (acts & HF_RELAY_DO_GATE) {
        struct hf_bytes sent = hf_relay_sent(&hf_front_find(f, id)->relay);
        out->is_gated = true;
        hf_buf_add(&out->bytes, sent);
    }
    if (!(acts & HF_RELAY_DO_DIAL)) return;
    out->is_dialed = true;
    hf_front_connected(f, hf_at_ms(0), id);
    take_output(f, id, out);
    hf_front_input(f, hf_at_ms(0), id, HF_RELAY_UPSTREAM,
                   says_101 ? HF_LIT("HTTP/1.1 101 x\r\n\r\n") : HF_LIT("HTTP/1.1 403 x\r\n\r\n"));
}

static void run(struct hf_bytes text, uint32_t cuts, bool says_101, struct passed *out)
{
    static const struct hf_settings nobody = { .trusted_proxies.count = 0 };
    struct hf_peer peer = { .address = {
                                [10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 7 } };
    struct hf_front_config config;
    struct hf_front f;
    hf_id id;
    *out = (struct passed){ .is_gated = false };
    hf_buf_init(&out->bytes, OUT_MAX);
    hf_front_config_init(&config);
    hf_front_init(&f, &config, &nobody);
    hf_front_set_ready(&f, true);
    FUZZ_CHECK(hf_front_accept(&f, hf_at_ms(0), &peer, &id) == HF_FRONT_RELAY);
    while (text.len > 0 && hf_front_wants(&f, id, HF_RELAY_CLIENT)) {
        size_t len = fuzz_chunk(&cuts, text.len);
        uint8_t *copy = fuzz_copy(hf_bytes_head(text, len));
        uint32_t acts = hf_front_input(&f, hf_at_ms(0), id, HF_RELAY_CLIENT, hf_bytes(copy, len));
        hf_mem_free(copy);
        carry_out(&f, id, acts, says_101, out);
        if (out->is_dialed) take_output(&f, id, out);
        text = hf_bytes_from(text, len);
    }
    hf_front_fini(&f);
}

/* The head that the upstream gets names the client once, as who it is. */
static void check_name(struct hf_bytes bytes)
{
    static const struct hf_bytes name = HF_LIT_INIT("\nx-forwarded-for: ");
    static const struct hf_bytes line = HF_LIT_INIT("\nx-forwarded-for: 192.0.2.7\r\n");
    size_t end = hf_bytes_find_nocase(bytes, 0, HF_LIT("\r\n\r\n"));
    struct hf_bytes head = hf_bytes_head(bytes, end + 4);
    size_t first = hf_bytes_find_nocase(head, 0, name);
    FUZZ_CHECK(end < bytes.len);
    FUZZ_CHECK(first < head.len && hf_bytes_find_nocase(head, first, line) == first);
    FUZZ_CHECK(hf_bytes_find_nocase(head, first + 1, name) == head.len);
    FUZZ_CHECK(hf_bytes_find_nocase(head, 0, HF_LIT("\nforwarded:")) == head.len);
    FUZZ_CHECK(hf_bytes_find_nocase(head, 0, HF_LIT("\nx-real-ip:")) == head.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct hf_bytes input = hf_bytes(data, len);
    uint32_t cuts = fuzz_take(&input);
    bool says_101 = fuzz_take(&input) % 2 == 0;
    struct passed whole, pieces;
    run(input, 0, says_101, &whole);
    run(input, cuts, says_101, &pieces);
    FUZZ_CHECK(whole.is_dialed == pieces.is_dialed && whole.is_gated == pieces.is_gated);
    if (whole.is_dialed) {
        FUZZ_CHECK(hf_bytes_same(hf_buf_view(&whole.bytes), hf_buf_view(&pieces.bytes)));
        check_name(hf_buf_view(&whole.bytes));
    }
    if (pieces.is_gated) FUZZ_CHECK(hf_bytes_starts(input, hf_buf_view(&pieces.bytes)));
    hf_buf_fini(&whole.bytes);
    hf_buf_fini(&pieces.bytes);
    return 0;
}
