/* SPDX-License-Identifier: MIT
 *
 * What TCC's own configure would have written. CONFIG_TCC_STATIC: there is no dlopen. No bounds checking, no backtrace,
 * no semaphores, and no paths: what may be included is told by main.c.
 */
#define TCC_VERSION "0.9.27"
#define TCC_TARGET_I386
#define ONE_SOURCE 1
#define CONFIG_TCC_STATIC
#define CONFIG_TCCDIR "/"
#define CONFIG_TCC_SYSINCLUDEPATHS "/"
#define CONFIG_TCC_LIBPATHS "/"
#define CONFIG_TCC_CRTPREFIX "/"
#define CONFIG_TCC_ELFINTERP "-"
