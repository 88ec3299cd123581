/* SPDX-License-Identifier: MIT
 *
 * Included in front of each of the kernel's files: what they keep lies in two sections of its own, so that the target can
 * put all of it back to where it was before the start, and nothing of an input is left for the next one.
 */
#pragma clang section bss = "kernel_bss" data = "kernel_data"
