/* SPDX-License-Identifier: MIT */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdbool.h>
#include <stddef.h>

unsigned clamped(volatile unsigned *n);
unsigned word_bits(void);
unsigned count_down(unsigned n);
bool is_zero_word(const unsigned char *at);
size_t length(const char *from, const char *to);
void set_twice(volatile unsigned *n);
void forget(unsigned *n);

#endif
