/* base/ascii.h: what a byte is, whatever the locale says. */
#ifndef HF_BASE_ASCII_H
#define HF_BASE_ASCII_H

#include <stdbool.h>
#include <stdint.h>

static inline bool hf_ascii_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* The value of a hexadecimal digit of either case, or -1. */
static inline int hf_ascii_hex(uint8_t c)
{
    if (hf_ascii_is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
