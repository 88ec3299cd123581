# SPDX-License-Identifier: MIT
#
# The model of the heap, the heap itself, and what breaks it on purpose: ld puts that between the calls and the heap.
# Only names, so that each folder that needs them may include this.

MODEL_SOURCES := $(wildcard heap/*.c) $(wildcard tests/model/*.c)
BROKEN_SOURCES := tests/model/broken/broken.c
comma := ,
BROKEN_LINK := $(patsubst %,-Wl$(comma)--wrap=kheap_%,alloc try_alloc calloc resize free release fault)
