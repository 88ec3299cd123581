/* SPDX-License-Identifier: MIT
 *
 * A boot loader of our own, which tells the kernel what we like: QEMU loads it, it puts the kernel's segments where they
 * belong and enters it by multiboot. The program headers of `kernel` are read here, so no C is needed. `info.S` holds what
 * is told, at the label `info`, and is written anew for each test.
 */
        .set    MAGIC, 0x1BADB002
        .set    LOADED, 0x2BADB002
        .set    HEADERS, 28                     /* in an ELF header: where the program headers lie, */
        .set    HEADER_COUNT, 44                /* and how many there are; */
        .set    ENTRY, 24                       /* in such a header: offset 4, address 12, sizes 16 in the file, 20 in all */

        .section .multiboot, "a"
        .balign 4
        .long   MAGIC, 0, -MAGIC

        .text
        .globl  _start
_start: cld
        mov     $kernel, %ebx
        mov     HEADERS(%ebx), %edx
        add     %ebx, %edx
        movzwl  HEADER_COUNT(%ebx), %ebp
next:   mov     4(%edx), %esi                   /* copy what is in the file, and zeros behind it */
        add     %ebx, %esi
        mov     12(%edx), %edi
        mov     16(%edx), %ecx
        rep     movsb
        mov     20(%edx), %ecx
        sub     16(%edx), %ecx
        xor     %eax, %eax
        rep     stosb
        add     $32, %edx
        dec     %ebp
        jnz     next
        mov     ENTRY(%ebx), %ecx
        mov     $info, %ebx
        mov     $LOADED, %eax
        jmp     *%ecx

        .data
        .balign 16
kernel: .incbin "minios.elf"
        .balign 16
        .include "info.S"
