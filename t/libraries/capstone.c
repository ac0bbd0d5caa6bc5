/* SPDX-License-Identifier: MIT */
/* Capstone: code of several processors is taken apart, at once and one by one,
 * with and without detail, and with data between. */
#include <config.h>

#include "library.h"

#include <stdio.h>

/* An enumerator of it is no int: 1 << 31. */
#ifdef __GNUC__
#    pragma GCC diagnostic push
#    pragma GCC diagnostic ignored "-Wpedantic"
#endif
#include <capstone.h>
#ifdef __GNUC__
#    pragma GCC diagnostic pop
#endif

ALCOVE_BRIDGE_GLOBAL(cap);

struct code {
    const char *name;
    cs_arch arch;
    cs_mode mode;
    const char *bytes;
    size_t size;
};

#define CODE(bytes) bytes, sizeof(bytes) - 1

static const struct code codes[] = {
    {"x86-64", CS_ARCH_X86, CS_MODE_64,
     CODE("\x55\x48\x89\xe5\x48\x83\xec\x10\x89\x7d\xfc\x8b\x45\xfc\x83\xc0"
          "\x01\xc9\xc3\xf3\x0f\x10\x05\x10\x00\x00\x00\x0f\x28\xc8\xc5\xf8"
          "\x58\xc1\x62\xf1\x74\x48\x58\xc2\xff\xff\x0f\x0b\xe8\xfb\xff\xff"
          "\xff\x48\x8d\x34\x8d\x00\x01\x00\x00\xf0\x0f\xb1\x0e\x75\xf0")},
    {"x86-16", CS_ARCH_X86, CS_MODE_16,
     CODE("\x8d\x4c\x32\x08\x01\xd8\xcd\x21")},
    {"ARM", CS_ARCH_ARM, CS_MODE_ARM,
     CODE("\x04\xe0\x2d\xe5\xe0\x83\x22\xe5\xf1\x02\x03\x0e\x00\x00\xa0\xe3"
          "\x02\x30\xc1\xe7\x00\x00\x53\xe3\xff\xff\xff\xff\x1e\xff\x2f\xe1")},
    {"Thumb", CS_ARCH_ARM, CS_MODE_THUMB,
     CODE("\x70\xb5\x00\xf0\x10\xf8\x18\xbf\xad\x18\x0c\x46\xeb\x46\x70\xbd")},
    {"AArch64", CS_ARCH_ARM64, CS_MODE_ARM,
     CODE("\xfd\x7b\xbf\xa9\xfd\x03\x00\x91\x21\x7c\x02\x9b\x00\x04\xc0\x4e"
          "\xc1\x00\x00\x54\xfd\x7b\xc1\xa8\xc0\x03\x5f\xd6")},
    {"MIPS", CS_ARCH_MIPS, (cs_mode)(CS_MODE_MIPS32 | CS_MODE_BIG_ENDIAN),
     CODE("\x0c\x10\x00\x97\x00\x00\x00\x00\x24\x02\x00\x0c\x8f\xa2\x00\x00")},
    {"PowerPC", CS_ARCH_PPC, CS_MODE_BIG_ENDIAN,
     CODE("\x80\x20\x00\x00\x80\x3f\x00\x00\x10\x43\x23\x0e\x4d\x82\x00\x20")},
    {"SPARC", CS_ARCH_SPARC, CS_MODE_BIG_ENDIAN,
     CODE("\x80\xa0\x40\x02\x85\xc2\x60\x08\x01\x00\x00\x00\xd4\x4e\x00\x16")},
};

static bool
say(struct work *w, const char *call, cs_err code)
{
    return refused(w, "%s: %s", call, cs_strerror(code));
}

static size_t
skip_data(const uint8_t *code, size_t size, size_t offset, void *arg)
{
    (void)code;
    (void)arg;
    return size - offset < 2 ? 1 : 2;
}

static cs_err
set_up(csh h, bool detail)
{
    cs_opt_skipdata skip = {".bytes", skip_data, NULL};
    cs_err code = cs_option(h, CS_OPT_SKIPDATA_SETUP, (size_t)&skip);

    if (code == CS_ERR_OK)
        code = cs_option(h, CS_OPT_SKIPDATA, CS_OPT_ON);
    if (code == CS_ERR_OK && detail)
        code = cs_option(h, CS_OPT_DETAIL, CS_OPT_ON);
    return code;
}

/* Data has no id, and no detail. */
static void
put(struct work *w, csh h, const cs_insn *i)
{
    uint8_t n;

    result_text(w, "%lx %s %s", (unsigned long)i->address, i->mnemonic,
                i->op_str);
    if (!i->detail || i->id == 0)
        return;
    for (n = 0; n < i->detail->groups_count; n++)
        result_text(w, " %s", cs_group_name(h, i->detail->groups[n]));
    for (n = 0; n < i->detail->regs_read_count; n++)
        result_text(w, " %s", cs_reg_name(h, i->detail->regs_read[n]));
}

static bool
all_at_once(struct work *w, csh h, const struct code *c)
{
    cs_insn *insns = NULL;
    size_t i, count;

    count = cs_disasm(h, (const uint8_t *)c->bytes, c->size, 0x1000, 0, &insns);
    if (count == 0)
        return say(w, "cs_disasm", cs_errno(h));
    for (i = 0; i < count; i++)
        put(w, h, &insns[i]);
    cs_free(insns, count);
    return cs_errno(h) == CS_ERR_OK || say(w, "cs_disasm", cs_errno(h));
}

static bool
one_by_one(struct work *w, csh h, const struct code *c)
{
    const uint8_t *bytes = (const uint8_t *)c->bytes;
    cs_insn *insn = cs_malloc(h);
    size_t size = c->size;
    uint64_t address = 0;

    if (!insn)
        return say(w, "cs_malloc", cs_errno(h));
    while (cs_disasm_iter(h, &bytes, &size, &address, insn))
        put(w, h, insn);
    cs_free(insn, 1);
    return size == 0 || say(w, "cs_disasm_iter", cs_errno(h));
}

static bool
take_apart(struct work *w, const struct code *c, bool detail)
{
    cs_err code;
    bool good;
    csh h = 0;

    code = cs_open(c->arch, c->mode, &h);
    if (code != CS_ERR_OK)
        return say(w, "cs_open", code);
    code = set_up(h, detail);
    good = code == CS_ERR_OK || say(w, "cs_option", code);
    result_text(w, "%s:", c->name);
    good = good && all_at_once(w, h, c) && one_by_one(w, h, c);
    code = cs_close(&h);
    return good && (code == CS_ERR_OK || say(w, "cs_close", code));
}

static bool
install(struct work *w)
{
    cs_opt_mem mem = {cap_malloc, cap_calloc, cap_realloc, cap_free, vsnprintf};
    cs_err code = cs_option(0, CS_OPT_MEM, (size_t)&mem);

    return code == CS_ERR_OK || say(w, "cs_option", code);
}

static bool
work(struct work *w)
{
    size_t i;

    if (w->bridge && !install(w))
        return false;
    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (!take_apart(w, &codes[i], false) || !take_apart(w, &codes[i], true))
            return false;
    return true;
}

static const char *
version(void)
{
    static char text[32];
    int major, minor;

    cs_version(&major, &minor);
    snprintf(text, sizeof text, "%d.%d", major, minor);
    return text;
}

const struct library library = {
    .name = "Capstone",
    .version = version,
    .shape = "no context, as the C library's, and vsnprintf",
    .work = work,
    .bind = cap_bind,
    .unbind = cap_unbind,
    .bound = cap_bridge,
    .defects = CRASHES,
    .defects_text =
        "the processors' parts that cs_open sets up do not look at NULL, nor "
        "do cs_disasm for an instruction's detail and make_id2insn, which "
        "makes a table at the first instruction",
};
