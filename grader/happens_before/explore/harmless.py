"""The C library's functions that a program may call as they are, and why that is sound.

A function is here only if it communicates with no other thread, waits for nothing, keeps no state
of its own between calls, and gives the same answer in every execution. What it reads and writes of
the program's memory is not seen, so the groups that take pointers are for buffers that a thread
owns; those that copy or compare memory in bulk are modelled by the runtime and not listed here.
"""

from __future__ import annotations

GROUPS: dict[str, tuple[str, ...]] = {
    "what compilers and crt1.o ask for by themselves": (
        "_GLOBAL_OFFSET_TABLE_ __dso_handle __stack_chk_fail __errno_location __tls_get_addr",
        "__libc_start_main __cxa_finalize _ITM_registerTMCloneTable _ITM_deregisterTMCloneTable",
        "__gmon_start__ __fdelt_chk",
    ),
    "string.h: reads and writes only the strings it is given": (
        "strlen strnlen strcpy strncpy stpcpy stpncpy strcat strncat strcmp strncmp strcoll strchr",
        "strrchr strchrnul strstr strcasestr strspn strcspn strpbrk strtok_r strsep strcasecmp",
        "strncasecmp memchr memrchr rawmemchr memmem memccpy strxfrm __strcpy_chk __strncpy_chk",
        "__strcat_chk __strncat_chk __stpcpy_chk strerrordesc_np strerrorname_np strverscmp",
        "__xpg_strerror_r strerror_r strlcpy strlcat index rindex ffs ffsl ffsll bcmp swab",
        "__isoc99_sscanf sscanf __isoc23_sscanf basename __xpg_basename",
    ),
    "ctype.h, wchar.h: tables that never change": (
        "isalnum isalpha isblank iscntrl isdigit isgraph islower isprint ispunct isspace isupper",
        "isxdigit tolower toupper isascii toascii __ctype_b_loc __ctype_tolower_loc",
        "__ctype_toupper_loc wcslen wcscpy wcscmp wmemcpy wmemset",
    ),
    "stdlib.h: arithmetic and searching; a comparison function is the program's own": (
        "abs labs llabs imaxabs div ldiv lldiv imaxdiv qsort qsort_r bsearch lfind lsearch",
        "atoi atol atoll atof strtol strtoul strtoll strtoull strtod strtof strtold strtoimax",
        "strtoumax __isoc23_strtol __isoc23_strtoul __isoc23_strtoll __isoc23_strtoull a64l l64a",
        "insque remque",
    ),
    "stdlib.h: the environment, which is fixed and the same in every execution": (
        "getenv secure_getenv",
    ),
    "stdlib.h: random numbers whose whole state is the caller's": (
        "rand_r nrand48 jrand48 erand48",
    ),
    "stdio.h: formatting into the caller's buffer": (
        "sprintf snprintf vsprintf vsnprintf __sprintf_chk __snprintf_chk __vsprintf_chk",
        "__vsnprintf_chk",
    ),
    "math.h, complex.h: functions of their arguments (errno and rounding are the thread's own)": (
        "acos asin atan atan2 cos sin tan acosh asinh atanh cosh sinh tanh exp exp2 expm1 frexp",
        "ilogb ldexp log log10 log1p log2 logb modf scalbn scalbln cbrt fabs hypot pow sqrt erf",
        "erfc tgamma ceil floor nearbyint rint lrint llrint round lround llround trunc fmod",
        "remainder remquo copysign nan nextafter nexttoward fdim fmax fmin fma sincos",
        "acosf asinf atanf atan2f cosf sinf tanf expf exp2f logf log10f log2f log1pf powf sqrtf",
        "ceilf floorf rintf roundf truncf fmodf fabsf fminf fmaxf fmaf hypotf cbrtf ldexpf",
        "ceill floorl roundl truncl fabsl sqrtl powl expl logl fmodl",
        "__isnan __isinf __finite __signbit __fpclassify __isnanf __isinff __fpclassifyf",
    ),
    "time.h: arithmetic on times that the program has": ("difftime timegm gmtime_r",),
    "pthread.h, threads.h: attributes are plain values of their owner": (
        "pthread_attr_init pthread_attr_destroy pthread_attr_setstacksize",
        "pthread_attr_getstacksize pthread_attr_setdetachstate pthread_attr_getdetachstate",
        "pthread_attr_setguardsize pthread_attr_getguardsize pthread_mutexattr_init",
        "pthread_mutexattr_destroy pthread_mutexattr_settype pthread_mutexattr_gettype",
        "pthread_condattr_init pthread_condattr_destroy pthread_condattr_setclock",
        "pthread_condattr_getclock pthread_rwlockattr_init pthread_rwlockattr_destroy",
        "pthread_barrierattr_init pthread_barrierattr_destroy pthread_equal",
    ),
}

# Objects, not functions: they cannot be replaced by a stub. What is done with a stream goes through
# functions that are modelled; the rest is fixed before main and the same in every execution.
DATA_REASON = (
    "objects of the C library that are set before main and not changed by what is modelled"
)
DATA = frozenset(
    "stdin stdout stderr environ __environ program_invocation_name signgam"
    " program_invocation_short_name optarg optind opterr optopt __progname _DYNAMIC".split()
)

FUNCTIONS = frozenset(name for lines in GROUPS.values() for line in lines for name in line.split())


def is_harmless(symbol: str) -> bool:
    """May a program use this symbol of the C library without the runtime's knowledge?"""
    return symbol in FUNCTIONS or symbol in DATA
