/* SPDX-License-Identifier: MIT
 *
 * Wrong: nothing stops the processor behind kmain; it runs on.
 */
/* anchor: header */
        .section .multiboot, "a"
        .long   0x1BADB002
        .long   0
        .long   -0x1BADB002
/* anchor-end: header */

/* anchor: stack */
        .bss
        .balign 16
        .skip   4096
stack_top:
/* anchor-end: stack */

/* anchor: code */
        .text
        .globl  _start
_start: mov     $stack_top, %esp
        call    kmain               /* and what comes behind it? the next bytes */
nobody_called:
        mov     $words, %esi        /* from here */
        mov     $17, %ecx           /* so many bytes */
        mov     $0x3f8, %dx         /* to this port */
        rep outsb
        mov     $17, %eax           /* status 1 for QEMU's exit device */
        mov     $0x501, %dx
        out     %eax, %dx
words:  .ascii  "nobody called me\n"
/* anchor-end: code */
