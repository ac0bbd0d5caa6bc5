/* SPDX-License-Identifier: MIT */
/* libgit2: a repository in memory: commits, the log, a difference, who wrote
 * which line, a merge, and all of it as a pack. In a folder, a run that crashes
 * would leave it behind. */
#include <config.h>

#include "library.h"

#include <git2.h>
#include <git2/sys/alloc.h>
#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <stdio.h>
#include <string.h>

#include <alcove/bridge/libgit2.h>

ALCOVE_BRIDGE_LIBGIT2(git);

enum { COMMITS = 3 };

static const char *const texts[] = {
    "one\ntwo\nthree\nfour\nfive\nsix\nseven\n",
    "one\ntwo\n3\nfour\nfive\nsix\nseven\neight\n",
    "one\n2\ntwo and a half\n3\nfour\nsix\nseven\neight\n",
};

/* After the second of these, too. */
static const char side_text[] =
    "one\ntwo\n3\nfour\nfive\nsix\nseven\neight\nnine\n";

static bool
good(struct work *w, const char *call, int code)
{
    const git_error *e = git_error_last();

    return code >= 0 ||
           refused(w, "%s: %s", call, e && e->message ? e->message : "?");
}

/* ---- commits ---- */

static bool
make_blob(struct work *w, git_repository *repo, git_treebuilder *tree,
          const char *name, const char *text)
{
    git_oid id;

    return good(w, "git_blob_create_from_buffer",
                git_blob_create_from_buffer(&id, repo, text, strlen(text))) &&
           good(w, "git_treebuilder_insert",
                git_treebuilder_insert(NULL, tree, name, &id,
                                       GIT_FILEMODE_BLOB));
}

static bool
make_tree(struct work *w, git_repository *repo, const char *text, git_oid *id)
{
    git_treebuilder *tree;
    bool done;

    if (!good(w, "git_treebuilder_new", git_treebuilder_new(&tree, repo, NULL)))
        return false;
    done = make_blob(w, repo, tree, "lines", text) &&
           make_blob(w, repo, tree, "README", "A repository.\n") &&
           good(w, "git_treebuilder_write", git_treebuilder_write(id, tree));
    git_treebuilder_free(tree);
    return done;
}

/* `parent` may be NULL. */
static bool
commit_tree(struct work *w, git_repository *repo, const git_tree *tree,
            const git_commit *parent, int number, git_oid *id)
{
    char message[40];
    git_signature *who;
    int code;

    snprintf(message, sizeof message, "Number %d\n", number);
    if (!good(w, "git_signature_new",
              git_signature_new(&who, "A U Thor", "author@example.org",
                                1000000000 + 60 * number, 60)))
        return false;
    code = git_commit_create(id, repo, NULL, who, who, NULL, message, tree,
                             parent ? 1 : 0, &parent);
    git_signature_free(who);
    return good(w, "git_commit_create", code);
}

/* A commit of these lines, after `before` unless `number` is 0. */
static bool
commit(struct work *w, git_repository *repo, const char *text,
       const git_oid *before, int number, git_oid *id)
{
    git_commit *parent = NULL;
    git_tree *tree = NULL;
    git_oid tree_id;
    bool done;

    done = make_tree(w, repo, text, &tree_id) &&
           good(w, "git_tree_lookup", git_tree_lookup(&tree, repo, &tree_id)) &&
           (number == 0 || good(w, "git_commit_lookup",
                                git_commit_lookup(&parent, repo, before))) &&
           commit_tree(w, repo, tree, parent, number, id);
    git_commit_free(parent);
    git_tree_free(tree);
    return done;
}

/* ---- the log ---- */

static bool
tell_commit(struct work *w, git_repository *repo, const git_oid *id)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_commit *c;

    if (!good(w, "git_commit_lookup", git_commit_lookup(&c, repo, id)))
        return false;
    git_oid_tostr(hex, sizeof hex, id);
    result_text(w, "%s %ld %s: %s", hex, (long)git_commit_time(c),
                git_commit_author(c)->name, git_commit_message(c));
    git_commit_free(c);
    return true;
}

static bool
walk(struct work *w, git_repository *repo, git_revwalk *log,
     const git_oid *last)
{
    git_oid id;
    int code;

    if (!good(w, "git_revwalk_sorting",
              git_revwalk_sorting(log, GIT_SORT_TOPOLOGICAL)) ||
        !good(w, "git_revwalk_push", git_revwalk_push(log, last)))
        return false;
    while ((code = git_revwalk_next(&id, log)) == 0)
        if (!tell_commit(w, repo, &id))
            return false;
    return code == GIT_ITEROVER || good(w, "git_revwalk_next", code);
}

static bool
tell_log(struct work *w, git_repository *repo, const git_oid *last)
{
    git_revwalk *log;
    bool done;

    if (!good(w, "git_revwalk_new", git_revwalk_new(&log, repo)))
        return false;
    done = walk(w, repo, log, last);
    git_revwalk_free(log);
    return done;
}

/* ---- differences ---- */

static bool
tree_of(struct work *w, git_repository *repo, const git_oid *id,
        git_tree **tree)
{
    git_commit *c;
    bool done;

    if (!good(w, "git_commit_lookup", git_commit_lookup(&c, repo, id)))
        return false;
    done = good(w, "git_commit_tree", git_commit_tree(tree, c));
    git_commit_free(c);
    return done;
}

static bool
tell_patch(struct work *w, git_diff *diff)
{
    git_buf text = {NULL, 0, 0};
    bool done = good(w, "git_diff_to_buf",
                     git_diff_to_buf(&text, diff, GIT_DIFF_FORMAT_PATCH));

    if (done)
        result(w, text.ptr, text.size);
    git_buf_dispose(&text);
    return done;
}

static bool
tell_difference(struct work *w, git_repository *repo, const git_oid *from,
                const git_oid *to)
{
    git_tree *old = NULL, *young = NULL;
    git_diff *diff = NULL;
    bool done;

    done = tree_of(w, repo, from, &old) && tree_of(w, repo, to, &young) &&
           good(w, "git_diff_tree_to_tree",
                git_diff_tree_to_tree(&diff, repo, old, young, NULL)) &&
           tell_patch(w, diff);
    git_diff_free(diff);
    git_tree_free(old);
    git_tree_free(young);
    return done;
}

static bool
tell_authors(struct work *w, git_repository *repo, const git_oid *last)
{
    git_blame_options options;
    git_blame *blame;
    uint32_t i;

    git_blame_options_init(&options, GIT_BLAME_OPTIONS_VERSION);
    options.newest_commit = *last;
    if (!good(w, "git_blame_file",
              git_blame_file(&blame, repo, "lines", &options)))
        return false;
    for (i = 0; i < git_blame_get_hunk_count(blame); i++) {
        const git_blame_hunk *h = git_blame_get_hunk_byindex(blame, i);
        char hex[8];

        git_oid_tostr(hex, sizeof hex, &h->final_commit_id);
        result_text(w, "%s: %d lines from %d\n", hex, (int)h->lines_in_hunk,
                    (int)h->final_start_line_number);
    }
    git_blame_free(blame);
    return true;
}

/* ---- two lines of work become one ---- */

static bool
tell_index(struct work *w, git_repository *repo, git_index *index)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid id;

    result_text(w, "%d entries, conflicts: %d\n",
                (int)git_index_entrycount(index),
                git_index_has_conflicts(index));
    if (!good(w, "git_index_write_tree_to",
              git_index_write_tree_to(&id, index, repo)))
        return false;
    result_text(w, "merged: %s\n", git_oid_tostr(hex, sizeof hex, &id));
    return true;
}

static bool
merge(struct work *w, git_repository *repo, const git_oid *ours,
      const git_oid *theirs)
{
    git_commit *one = NULL, *other = NULL;
    git_index *index = NULL;
    bool done;

    done =
        good(w, "git_commit_lookup", git_commit_lookup(&one, repo, ours)) &&
        good(w, "git_commit_lookup", git_commit_lookup(&other, repo, theirs)) &&
        good(w, "git_merge_commits",
             git_merge_commits(&index, repo, one, other, NULL)) &&
        tell_index(w, repo, index);
    git_index_free(index);
    git_commit_free(one);
    git_commit_free(other);
    return done;
}

/* ---- the repository ---- */

static bool
use(struct work *w, git_repository *repo)
{
    git_oid ids[COMMITS], side;
    const git_oid *last = &ids[COMMITS - 1];
    int i;

    for (i = 0; i < COMMITS; i++)
        if (!commit(w, repo, texts[i], i ? &ids[i - 1] : NULL, i, &ids[i]))
            return false;
    return commit(w, repo, side_text, &ids[1], COMMITS, &side) &&
           tell_log(w, repo, last) && tell_difference(w, repo, &ids[0], last) &&
           tell_authors(w, repo, last) && merge(w, repo, last, &side);
}

static bool
tell_pack(struct work *w, git_repository *repo, git_odb_backend *memory)
{
    git_buf pack = {NULL, 0, 0};
    bool done =
        good(w, "git_mempack_dump", git_mempack_dump(&pack, repo, memory));

    if (done)
        result(w, pack.ptr, pack.size);
    git_buf_dispose(&pack);
    return done;
}

static bool
use_objects(struct work *w, git_odb *objects, git_odb_backend *memory)
{
    git_repository *repo;
    bool done;

    if (!good(w, "git_repository_wrap_odb",
              git_repository_wrap_odb(&repo, objects)))
        return false;
    done = use(w, repo) && tell_pack(w, repo, memory);
    git_repository_free(repo);
    return done;
}

/* What is added is the objects' then. */
static bool
use_memory(struct work *w)
{
    git_odb_backend *memory;
    git_odb *objects;
    bool done;

    if (!good(w, "git_odb_new", git_odb_new(&objects)))
        return false;
    done = good(w, "git_mempack_new", git_mempack_new(&memory));
    if (done && !good(w, "git_odb_add_backend",
                      git_odb_add_backend(objects, memory, 1))) {
        memory->free(memory);
        done = false;
    }
    done = done && use_objects(w, objects, memory);
    git_odb_free(objects);
    return done;
}

/* Without the user's settings. */
static bool
use_library(struct work *w)
{
    int level;

    for (level = GIT_CONFIG_LEVEL_PROGRAMDATA; level <= GIT_CONFIG_LEVEL_GLOBAL;
         level++)
        if (!good(w, "GIT_OPT_SET_SEARCH_PATH",
                  git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "")))
            return false;
    return use_memory(w);
}

static bool
work(struct work *w)
{
    bool done;

    if (w->bridge && !good(w, "GIT_OPT_SET_ALLOCATOR", git_install()))
        return false;
    /* One that failed counts: what it had begun goes with the shutdown. */
    done = good(w, "git_libgit2_init", git_libgit2_init()) && use_library(w);
    git_libgit2_shutdown();
    return done;
}

static const char *
version(void)
{
    static char text[40];
    int major, minor, rev;

    git_libgit2_version(&major, &minor, &rev);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, rev);
    return text;
}

const struct library library = {
    .name = "libgit2",
    .version = version,
    .shape = "malloc and eight others with file and line, no context",
    .work = work,
    .threads = true,
    .bind = git_bind,
    .unbind = git_unbind,
    .bound = git_bridge,
    .defects = CRASHES | LEAKS | SWALLOWS | MISUSES,
    .defects_text =
        "git_str_try_grow releases the text that the last error still has, "
        "which is then released again; git_libgit2_init, git_error_last, "
        "git_repository_wrap_odb, git_revwalk_next and git_blame_file read "
        "NULL; these, git_signature_new, git_odb_write to a mempack and "
        "git_diff_to_buf leave blocks; git_commit_lookup, git_revwalk_next, "
        "git_blame_file and a mempack go on without what they had no memory "
        "for",
};
