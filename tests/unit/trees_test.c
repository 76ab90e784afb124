#include "host/trees.h"
#include "base/limits.h"
#include "host/cgroup.h"
#include "host/kin.h"
#include "host/proc_file.h"
#include "lib/left.h"
#include "lib/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <uv.h>

enum { NEWS_MAX = 64, PATIENCE_SECONDS = 30 };

/* --- a supervisor's side --- */

static struct {
    uv_loop_t loop;
    uv_timer_t patience;
    struct hf_trees *trees;
    struct hf_tree_news news[NEWS_MAX];
    size_t news_count;
    char home[HF_STATE_PATH_BYTES], mark[64], mark_variable[80],
        group_variable[HF_STATE_PATH_BYTES];
    bool has_groups;
    int null_fd;
} keeper;

static void told(void *ctx, const struct hf_tree_news *news)
{
    (void)ctx;
    CHECK(keeper.news_count < NEWS_MAX);
    keeper.news[keeper.news_count++] = *news;
}

static void give_up(uv_timer_t *timer)
{
    (void)timer;
    check_fail(__FILE__, __LINE__, "no news within the time");
}

/* The ways of containment: the scan, and a group of version 2 where we may make one. */
static int ways(void)
{
    static int count;
    struct hf_cgroup g;
    if (count == 0) {
        char name[HF_CGROUP_NAME_BYTES];
        snprintf(name, sizeof name, "holdfast-test-%ld", (long)getpid());
        bool is_made =
            hf_cgroup_home(keeper.home) == 0 && hf_cgroup_open(&g, keeper.home, name) == 0;
        count = is_made ? 2 : 1;
        if (is_made)
            hf_cgroup_close(&g);
        else
            printf("# skipped: trees in groups, for there is no version 2 of our own\n");
    }
    return count;
}

static void open_keeper(bool has_groups)
{
    static unsigned number;
    /* A test that fails in between ends its trees by ending this process. */
    alarm(PATIENCE_SECONDS + 10);
    struct hf_fault fault;
    memset(&keeper, 0, sizeof keeper);
    CHECK_EQ(uv_loop_init(&keeper.loop), 0);
    keeper.has_groups = has_groups && ways() > 1;
    if (keeper.has_groups) CHECK_EQ(hf_cgroup_home(keeper.home), 0);
    struct hf_trees_config config = { .loop = &keeper.loop,
                                      .cgroup_home = keeper.has_groups ? keeper.home : NULL,
                                      .told = told };
    CHECK_EQ(hf_trees_new(&keeper.trees, &config, &fault), 0);
    uv_timer_init(&keeper.loop, &keeper.patience);
    uv_timer_start(&keeper.patience, give_up, PATIENCE_SECONDS * 1000, 0);
    snprintf(keeper.mark, sizeof keeper.mark, "hf-left-%ld-%u-", (long)getpid(), number++);
    snprintf(keeper.mark_variable, sizeof keeper.mark_variable, "HF_MARK=%s", keeper.mark);
    keeper.null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static void close_keeper(void)
{
    hf_trees_close(keeper.trees);
    uv_close((uv_handle_t *)&keeper.patience, NULL);
    CHECK_EQ(uv_run(&keeper.loop, UV_RUN_DEFAULT), 0);
    CHECK_EQ(uv_loop_close(&keeper.loop), 0);
    hf_trees_free(keeper.trees);
    close(keeper.null_fd);
    CHECK_EQ(left_count(keeper.mark), 0);
}

static int spawn_with(uint64_t id, const char *path, int out_fd, bool survives, const char *mode,
                      const char *a, const char *b)
{
    char *argv[] = { (char *)(uintptr_t)path, (char *)(uintptr_t)mode, (char *)(uintptr_t)a,
                     (char *)(uintptr_t)b, NULL };
    char *envp[] = { keeper.mark_variable, keeper.group_variable[0] ? keeper.group_variable : NULL,
                     NULL };
    struct hf_tree_plan plan = { .path = path,
                                 .argv = argv,
                                 .envp = envp,
                                 .stdout_fd = out_fd,
                                 .stderr_fd = keeper.null_fd,
                                 .survives = survives };
    struct hf_fault fault;
    return hf_trees_spawn(keeper.trees, id, &plan, &fault);
}

static void spawn(uint64_t id, const char *mode, const char *a, const char *b)
{
    CHECK_EQ(spawn_with(id, getenv("HF_ADVERSARY"), keeper.null_fd, false, mode, a, b), 0);
}

/* Runs the loop until this piece of news is there. */
static const struct hf_tree_news *wait_for(uint64_t id, enum hf_tree_news_kind kind)
{
    for (size_t seen = 0;;) {
        for (; seen < keeper.news_count; seen++)
            if (keeper.news[seen].tree == id && keeper.news[seen].kind == kind)
                return &keeper.news[seen];
        uv_run(&keeper.loop, UV_RUN_ONCE);
    }
}

static bool was_told(uint64_t id, enum hf_tree_news_kind kind)
{
    for (size_t i = 0; i < keeper.news_count; i++)
        if (keeper.news[i].tree == id && keeper.news[i].kind == kind) return true;
    return false;
}

/* The group of the tree: where there are groups it has one, and at least so many stand in it; NONE
 * where there are none. */
static struct hf_cgroup group_of(uint64_t id, size_t processes)
{
    struct hf_cgroup g = HF_CGROUP_NONE;
    struct hf_tree_facts facts;
    char path[HF_STATE_PATH_BYTES + 2 * HF_CGROUP_NAME_BYTES], line[32];
    size_t count = 0;
    CHECK(hf_trees_facts(keeper.trees, id, &facts));
    CHECK_EQ(facts.group[0] != '\0', keeper.has_groups);
    if (!keeper.has_groups) return g;
    CHECK_EQ(hf_cgroup_open(&g, keeper.home, facts.group), 0);
    snprintf(path, sizeof path, "%s/%s/cgroup.procs", keeper.home, facts.group);
    FILE *file = fopen(path, "r");
    CHECK(file != NULL);
    while (fgets(line, sizeof line, file)) count++;
    fclose(file);
    CHECK(count >= processes); /* zombies count, too */
    if (processes > 0) CHECK(hf_cgroup_is_populated(&g));
    return g;
}

/* Empty, by the kernel's word: the group that was looked into before is gone or holds nobody. */
static void check_empty(struct hf_cgroup *g)
{
    CHECK(!hf_cgroup_is_populated(g));
    hf_cgroup_close(g);
}

static void wait_until_there_are(size_t count)
{
    while (left_count(keeper.mark) < count) uv_run(&keeper.loop, UV_RUN_NOWAIT);
}

/* --- life and death --- */

static void a_program_runs_exits_and_leaves_nothing(void)
{
    static const struct {
        const char *mode, *number;
        int code, signal;
    } rows[] = {
        { "exit", "0", 0, 0 },
        { "exit", "78", 78, 0 },
        { "signal", "6", -1, SIGABRT },
        { "signal", "9", -1, SIGKILL },
    };
    for (int groups = 0; groups < ways(); groups++) {
        open_keeper(groups);
        for (size_t i = 0; i < HF_COUNT(rows); i++) {
            uint64_t id = i + 1;
            spawn(id, rows[i].mode, rows[i].number, "0");
            const struct hf_tree_news *news = wait_for(id, HF_TREE_EMPTIED);
            CHECK_EQ_AT(i, news - keeper.news, 3 * i + 2); /* RUNS, EXITED, EMPTIED */
            news = wait_for(id, HF_TREE_EXITED);
            CHECK_AT(i, news->is_known);
            CHECK_EQ_AT(i, news->code, rows[i].code);
            CHECK_EQ_AT(i, news->signal, rows[i].signal);
            struct hf_tree_facts facts;
            CHECK_AT(i, !hf_trees_facts(keeper.trees, id, &facts));
        }
        close_keeper();
    }
}

/* supervisor 15: told with the system's reason, and nothing else follows. */
static void a_program_that_is_not_there_is_told_once(void)
{
    open_keeper(true);
    CHECK_EQ(spawn_with(1, "/no/such/program", keeper.null_fd, false, "", NULL, NULL), 0);
    CHECK_EQ(spawn_with(2, "/dev/null", keeper.null_fd, false, "", NULL, NULL), 0);
    CHECK_EQ(wait_for(1, HF_TREE_FAILED)->number, ENOENT);
    CHECK_EQ(wait_for(2, HF_TREE_FAILED)->number, EACCES);
    spawn(3, "exit", "0", "0");
    wait_for(3, HF_TREE_EMPTIED);
    CHECK_EQ(keeper.news_count, 5);
    close_keeper();
}

static void check_line(const char *text, const char *line)
{
    if (!strstr(text, line)) check_fail(__FILE__, __LINE__, "no \"%s\" in: %s", line, text);
}

static void a_program_finds_a_clean_place(void)
{
    char text[4096];
    int ends[2], stray;
    sigset_t some, before;
    open_keeper(true);
    /* What a supervisor may have of its own. */
    sigemptyset(&some);
    sigaddset(&some, SIGUSR1);
    sigprocmask(SIG_BLOCK, &some, &before);
    signal(SIGPIPE, SIG_IGN);
    stray = open("/dev/null", O_RDONLY); /* not close-on-exec */
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    CHECK_EQ(spawn_with(1, getenv("HF_ADVERSARY"), ends[1], false, "report", NULL, NULL), 0);
    close(ends[1]);
    wait_for(1, HF_TREE_EMPTIED);
    ssize_t len = read(ends[0], text, sizeof text - 1);
    CHECK(len > 0);
    text[len] = '\0';
    check_line(text, "fd 0\nfd 1\nfd 2\nSig");
    check_line(text, "SigBlk:\t0000000000000000\n");
    check_line(text, "SigIgn:\t0000000000000000\n");
    check_line(text, "session own\n");
    check_line(text, "stdin 0\n");
    close(ends[0]);
    close(stray);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close_keeper();
}

/* supervisor 30, supervisor 92: daemons in sessions of their own, one kind without
 * its environment, children that are not waited for, a subreaper below us. */
static void nothing_of_a_tree_survives_its_end(void)
{
    static const struct {
        const char *mode, *a, *b;
        size_t processes; /* besides the guardian */
        size_t left;      /* the group, which it may do as root */
    } rows[] = {
        { "daemons", "20", "1", 21 }, { "daemons", "20", "0", 21 }, { "forker", "20", "", 21 },
        { "zombies", "50", "", 1 },   { "reaper", "5", "", 6 },     { "leave_group", "", "", 2, 2 },
        { "ignore_term", "", "", 1 }, { "stop_self", "", "", 1 },   { "descriptors", "", "", 1 },
        { "close_pipes", "", "", 1 },
    };
    for (int groups = 0; groups < ways(); groups++) {
        for (size_t i = 0; i < HF_COUNT(rows); i++) {
            open_keeper(groups);
            if (keeper.has_groups)
                snprintf(keeper.group_variable, sizeof keeper.group_variable,
                         "HF_ROOT_GROUP=%.900s/cgroup.procs", keeper.home);
            spawn(1, rows[i].mode, rows[i].a, rows[i].b);
            wait_for(1, HF_TREE_RUNS);
            wait_until_there_are(rows[i].processes);
            struct hf_cgroup group = group_of(1, rows[i].processes - rows[i].left);
            hf_trees_end(keeper.trees, 1);
            wait_for(1, HF_TREE_EMPTIED);
            check_empty(&group);
            CHECK_EQ_AT(i, left_count(keeper.mark), 0);
            CHECK_AT(i, was_told(1, HF_TREE_EXITED));
            CHECK_AT(i, !was_told(1, HF_TREE_GUARDIAN_LOST));
            close_keeper();
        }
    }
}

/* supervisor 31 */
static void a_tree_that_forks_while_it_is_killed_ends(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        open_keeper(groups);
        spawn(1, "bomb", "3000", "");
        wait_for(1, HF_TREE_RUNS);
        wait_until_there_are(50);
        struct hf_cgroup group = group_of(1, 50);
        hf_trees_end(keeper.trees, 1);
        wait_for(1, HF_TREE_EMPTIED);
        check_empty(&group);
        CHECK_EQ(left_count(keeper.mark), 0);
        close_keeper();
    }
}

/* The main process leaves; what it left still counts, and is ended. */
static void a_tree_lives_until_its_last_process(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        char detail[512];
        open_keeper(groups);
        spawn(1, "leaver", "3", "1");
        CHECK_EQ(wait_for(1, HF_TREE_EXITED)->code, 0);
        CHECK(!was_told(1, HF_TREE_EMPTIED));
        do { /* what was just made may not have come to rest yet */
            poll(NULL, 0, 1);
            CHECK_EQ(hf_trees_survey(keeper.trees, 1, detail, sizeof detail), 3);
        } while (strstr(detail, "(adversary) S in ") == NULL);
        CHECK_EQ(hf_trees_signal(keeper.trees, 1, SIGTERM, false), HF_ERR_NOT_FOUND);
        hf_trees_end(keeper.trees, 1);
        wait_for(1, HF_TREE_EMPTIED);
        close_keeper();
    }
}

static void signals_reach_the_main_process_or_all_others(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        open_keeper(groups);
        spawn(1, "forker", "5", "");
        wait_for(1, HF_TREE_RUNS);
        wait_until_there_are(6);
        CHECK_EQ(hf_trees_signal(keeper.trees, 1, SIGTERM, true), 0);
        while (left_count(keeper.mark) > 1) uv_run(&keeper.loop, UV_RUN_NOWAIT);
        CHECK(!was_told(1, HF_TREE_EXITED));
        CHECK_EQ(hf_trees_signal(keeper.trees, 1, SIGTERM, false), 0);
        CHECK_EQ(wait_for(1, HF_TREE_EXITED)->signal, SIGTERM);
        wait_for(1, HF_TREE_EMPTIED);
        CHECK_EQ(hf_trees_signal(keeper.trees, 1, SIGTERM, false), HF_ERR_NOT_FOUND);
        close_keeper();
    }
}

/* supervisor 32: ended at every moment of its making, the program of a stopped start
 * leaves nothing. */
static void a_tree_may_be_ended_at_any_moment_of_its_making(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        open_keeper(groups);
        for (uint64_t id = 1; id <= 60; id++) {
            spawn(id, "daemons", "1", "1");
            for (uint64_t turns = 0; turns < id % 12; turns++) uv_run(&keeper.loop, UV_RUN_NOWAIT);
            hf_trees_end(keeper.trees, id);
            while (!was_told(id, HF_TREE_EMPTIED) && !was_told(id, HF_TREE_FAILED))
                uv_run(&keeper.loop, UV_RUN_ONCE);
            CHECK_EQ_AT(id, left_count(keeper.mark), 0);
            keeper.news_count = 0;
        }
        close_keeper();
    }
}

static void no_more_than_the_bound_of_trees_stand(void)
{
    open_keeper(false);
    for (uint64_t id = 1; id <= HF_LIMIT_TREES; id++) spawn(id, "stay", "", "");
    CHECK_EQ(spawn_with(100, getenv("HF_ADVERSARY"), keeper.null_fd, false, "stay", "", ""),
             HF_ERR_LIMIT);
    wait_for(1, HF_TREE_RUNS);
    hf_trees_end(keeper.trees, 1);
    wait_for(1, HF_TREE_EMPTIED);
    uv_run(&keeper.loop, UV_RUN_NOWAIT); /* its handles close */
    spawn(101, "stay", "", "");
    wait_for(101, HF_TREE_RUNS);
    CHECK_EQ(hf_trees_find(keeper.trees, wait_for(101, HF_TREE_RUNS)->pid), 101);
    CHECK_EQ(hf_trees_find(keeper.trees, getpid()), 0);
    for (uint64_t id = 2; id <= HF_LIMIT_TREES; id++) hf_trees_end(keeper.trees, id);
    hf_trees_end(keeper.trees, 101);
    for (uint64_t id = 2; id <= HF_LIMIT_TREES; id++)
        while (!was_told(id, HF_TREE_EMPTIED) && !was_told(id, HF_TREE_FAILED))
            uv_run(&keeper.loop, UV_RUN_ONCE);
    wait_for(101, HF_TREE_EMPTIED);
    close_keeper();
}

/* --- attacks on the guardian --- */

static void a_guardian_that_is_killed_is_told_and_its_tree_ends(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        open_keeper(groups);
        spawn(1, "kill_parent", "4", "0");
        wait_for(1, HF_TREE_GUARDIAN_LOST);
        wait_for(1, HF_TREE_EMPTIED);
        CHECK_EQ(left_count(keeper.mark), 0);
        CHECK(was_told(1, HF_TREE_EXITED));
        close_keeper();
    }
}

static void a_guardian_that_is_stopped_still_does_its_duty(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        char text[64];
        struct hf_tree_facts facts;
        open_keeper(groups);
        spawn(1, "stop_parent", "4", "0");
        wait_for(1, HF_TREE_RUNS);
        CHECK(hf_trees_facts(keeper.trees, 1, &facts));
        snprintf(text, sizeof text, "%ld", (long)facts.guardian);
        while (!left_in(text, "status", "T (stopped)")) uv_run(&keeper.loop, UV_RUN_NOWAIT);
        hf_trees_end(keeper.trees, 1);
        wait_for(1, HF_TREE_EMPTIED);
        CHECK_EQ(left_count(keeper.mark), 0);
        close_keeper();
    }
}

/* When a process began, in ticks; and one that begins now. */
static uint64_t begun_of(pid_t pid)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    CHECK(hf_proc_stat(pid, text, &stat));
    return stat.started;
}

static uint64_t begun_now(void)
{
    pid_t pid = fork();
    if (pid == 0) _exit(0);
    uint64_t begun = begun_of(pid);
    CHECK_EQ(waitpid(pid, NULL, 0), pid);
    return begun;
}

/* What stood below us before the tree was made is none of it, with all that comes of it. */
static void a_lost_guardian_costs_no_older_process(void)
{
    char text[HF_PROC_TEXT_BYTES];
    struct hf_proc_stat stat;
    for (int groups = 0; groups <= 1; groups++) {
        int channel[2];
        char byte;
        open_keeper(groups);
        CHECK_EQ(pipe2(channel, O_CLOEXEC), 0);
        pid_t older = fork();
        if (older == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            /* Its own child is younger than the tree: it is made when that runs. */
            if (read(channel[0], &byte, 1) == 1 && fork() == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;) pause();
        }
        while (begun_now() <= begun_of(older)) continue; /* a tick is 10 ms */
        spawn(1, "kill_parent", "4", "50");
        wait_for(1, HF_TREE_RUNS);
        CHECK_EQ(write(channel[1], "", 1), 1);
        wait_for(1, HF_TREE_GUARDIAN_LOST);
        hf_trees_end(keeper.trees, 1);
        wait_for(1, HF_TREE_EMPTIED);
        CHECK(hf_proc_stat(older, text, &stat) && stat.state != 'Z');
        kill(older, SIGKILL);
        while (waitpid(older, NULL, 0) == older) continue;
        close(channel[0]);
        close(channel[1]);
        close_keeper();
    }
}

/* Where there are groups: those of the dead go, ours and what is none of ours stay. */
static void groups_that_a_killed_supervisor_left_are_removed(void)
{
    const struct {
        const char *before;
        long pid;
        bool stays;
    } rows[] = {
        { "holdfast-", INT32_MAX, false },
        { "holdfast-", getpid(), true },
        { "holdfast-x", INT32_MAX, true },
        { "other-", INT32_MAX, true },
    };
    char paths[HF_COUNT(rows)][HF_STATE_PATH_BYTES + 64];
    open_keeper(true);
    for (size_t i = 0; keeper.has_groups && i < HF_COUNT(rows); i++) {
        snprintf(paths[i], sizeof paths[i], "%s/%s%ld-99", keeper.home, rows[i].before,
                 rows[i].pid);
        CHECK_AT(i, mkdir(paths[i], 0755) == 0 || errno == EEXIST);
    }
    if (keeper.has_groups) hf_cgroup_sweep(keeper.home, "holdfast-");
    for (size_t i = 0; keeper.has_groups && i < HF_COUNT(rows); i++)
        CHECK_EQ_AT(i, rmdir(paths[i]) == 0, rows[i].stays);
    close_keeper();
}

/* --- memory --- */

/* Held by the kernel exactly where it lets us: where the tree's group has the file. */
static bool has_memory_max(const struct hf_tree_facts *facts)
{
    char path[HF_STATE_PATH_BYTES + 160];
    snprintf(path, sizeof path, "%s/%s/memory.max", keeper.home, facts->group);
    return facts->group[0] && access(path, F_OK) == 0;
}

static void the_kernel_holds_a_limit_of_memory_where_it_can(void)
{
    char *argv[] = { getenv("HF_ADVERSARY"), (char *)(uintptr_t) "sleep", NULL };
    struct hf_tree_plan plan = { .path = argv[0],
                                 .argv = argv,
                                 .envp = (char *[]){ NULL, NULL },
                                 .memory_max = INT64_C(1) << 40 };
    for (int groups = 0; groups < ways(); groups++) {
        struct hf_tree_facts facts;
        struct hf_fault fault;
        open_keeper(groups);
        plan.envp = (char *[]){ keeper.mark_variable, NULL };
        plan.stdout_fd = plan.stderr_fd = keeper.null_fd;
        CHECK_EQ(hf_trees_spawn(keeper.trees, 1, &plan, &fault), 0);
        wait_for(1, HF_TREE_RUNS);
        CHECK(hf_trees_facts(keeper.trees, 1, &facts));
        CHECK_EQ(hf_trees_has_memory_max(keeper.trees, 1), has_memory_max(&facts));
        CHECK(!hf_trees_has_memory_max(keeper.trees, 2));
        hf_trees_end(keeper.trees, 1);
        wait_for(1, HF_TREE_EMPTIED);
        close_keeper();
    }
}

/* supervisor 74: the kernel's count is read from the group's own file; a directory with
 * such a file is one to us, for the controller is delegated to few. */
/* In a child process, which moves: 0, the line that is wrong, or 77: nothing is delegated. */
static int share_something(int home_fd)
{
    char text[256], self[32], name[HF_CGROUP_NAME_BYTES];
    snprintf(self, sizeof self, "%ld", (long)getpid());
    int fd = openat(home_fd, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, self, strlen(self)) < 0) return __LINE__;
    close(fd);
    fd = openat(home_fd, "cgroup.controllers", O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    text[strcspn(text, " \n")] = '\0';
    if (hf_cgroup_share(home_fd, "no-such-controller")) return __LINE__;
    if (text[0] == '\0') return 77;
    if (!hf_cgroup_share(home_fd, text) || !hf_cgroup_share(home_fd, text)) return __LINE__;
    snprintf(name, sizeof name, HF_CGROUP_PREFIX "%ld-self", (long)getpid());
    return faccessat(home_fd, name, F_OK, 0) == 0 ? 0 : __LINE__;
}

static int outcome_of_sharing(int home_fd)
{
    int status;
    pid_t pid = fork();
    if (pid == 0) _exit(share_something(home_fd));
    CHECK_EQ(waitpid(pid, &status, 0), pid);
    CHECK(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Version 2 shares nothing out below a group in which somebody stands: we stand aside. */
static void a_controller_that_was_delegated_is_shared_out(void)
{
    char home[HF_STATE_PATH_BYTES], path[HF_STATE_PATH_BYTES + HF_CGROUP_NAME_BYTES];
    char name[HF_CGROUP_NAME_BYTES];
    struct hf_cgroup g;
    snprintf(name, sizeof name, "hf-share-%ld", (long)getpid());
    if (hf_cgroup_home(home) != 0 || hf_cgroup_open(&g, home, name) != 0) {
        check_untried("no control group of version 2 can be made here");
        return;
    }
    snprintf(path, sizeof path, "%s/%s", home, name);
    int outcome = outcome_of_sharing(g.fd);
    hf_cgroup_sweep(path, HF_CGROUP_PREFIX); /* its own group, after its death */
    hf_cgroup_close(&g);
    CHECK(access(path, F_OK) != 0);
    if (outcome == 77) {
        check_untried("no controller of version 2 is delegated to us");
        return;
    }
    CHECK_EQ(outcome, 0);
}

static void kills_for_want_of_memory_are_counted(void)
{
    struct scratch s;
    scratch_make(&s);
    CHECK_EQ(mkdir(s.path, 0700), 0);
    struct hf_cgroup g = HF_CGROUP_NONE;
    g.fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK_EQ(hf_cgroup_oom_kills(&g), 0); /* it does not say */
    int fd = openat(g.fd, "memory.events", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    static const char text[] = "low 0\nhigh 4\nmax 7\noom 5\noom_kill 3\noom_group_kill 1\n";
    CHECK_EQ(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    CHECK_EQ(hf_cgroup_oom_kills(&g), 3);
    CHECK_EQ(unlinkat(g.fd, "memory.events", 0), 0);
    close(g.fd);
    CHECK_EQ(rmdir(s.path), 0);
    scratch_drop(&s);
}

/* --- the end of the supervisor --- */

/* A supervisor in a process of its own, which runs a tree and then waits; its tree's
 * main process is told through `*main_pid`. */
static pid_t fork_supervisor(bool groups, bool survives, const char *mode, const char *a,
                             pid_t *main_pid)
{
    int ends[2];
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        open_keeper(groups);
        close(ends[0]);
        if (spawn_with(1, getenv("HF_ADVERSARY"), keeper.null_fd, survives, mode, a, "1") != 0)
            _exit(1);
        const struct hf_tree_news *news = wait_for(1, HF_TREE_RUNS);
        struct hf_tree_facts facts;
        if (!hf_trees_facts(keeper.trees, 1, &facts)) _exit(1);
        if (!survives && (facts.group[0] != '\0') != keeper.has_groups) _exit(1);
        if (write(ends[1], &news->pid, sizeof news->pid) != sizeof news->pid) _exit(1);
        if (write(ends[1], keeper.mark, sizeof keeper.mark) != sizeof keeper.mark) _exit(1);
        for (;;) uv_run(&keeper.loop, UV_RUN_ONCE);
    }
    close(ends[1]);
    CHECK_EQ(read(ends[0], main_pid, sizeof *main_pid), sizeof *main_pid);
    CHECK_EQ(read(ends[0], keeper.mark, sizeof keeper.mark), sizeof keeper.mark);
    close(ends[0]);
    return pid;
}

/* supervisor 100: the second half. */
static void a_supervisor_that_is_killed_takes_its_tree_along(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        pid_t main_pid;
        pid_t pid = fork_supervisor(groups, false, "daemons", "5", &main_pid);
        while (left_count(keeper.mark) < 6) {
        }
        kill(pid, SIGKILL);
        CHECK_EQ(waitpid(pid, NULL, 0), pid);
        while (left_count(keeper.mark) > 0) {
        }
    }
}

/* supervisor 24 (its process half), supervisor 23 */
static void what_survives_is_adopted_by_the_next_supervisor(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        char mark[sizeof keeper.mark], stat_text[64];
        struct hf_fault fault;
        struct hf_tree_facts facts;
        pid_t main_pid;
        pid_t pid = fork_supervisor(false, true, "ignore_term", "", &main_pid);
        memcpy(mark, keeper.mark, sizeof mark);
        kill(pid, SIGKILL);
        CHECK_EQ(waitpid(pid, NULL, 0), pid);
        CHECK_EQ(left_count(mark), 1);
        snprintf(stat_text, sizeof stat_text, "%ld", (long)main_pid);

        open_keeper(groups);
        /* Its number with another start time is another process: it is left alone. */
        struct hf_tree_orphan orphan = { .pid = main_pid, .started = 1, .group = "" };
        CHECK_EQ(hf_trees_adopt(keeper.trees, 1, &orphan, &fault), HF_ERR_NOT_FOUND);
        CHECK_EQ(left_count(mark), 1);
        char text[4096], path[64];
        snprintf(path, sizeof path, "/proc/%ld/stat", (long)main_pid);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t len = read(fd, text, sizeof text - 1);
        close(fd);
        CHECK(len > 0);
        text[len] = '\0';
        unsigned long long started = 0;
        CHECK_EQ(sscanf(strrchr(text, ')') + 2,
                        "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                        "%*d %llu",
                        &started),
                 1);
        orphan.started = started;
        orphan.group = groups ? "holdfast-adopted" : "";
        orphan.memory_max = INT64_C(1) << 40;
        CHECK_EQ(hf_trees_adopt(keeper.trees, 2, &orphan, &fault), 0);
        CHECK_EQ(wait_for(2, HF_TREE_RUNS)->pid, main_pid);
        CHECK(hf_trees_facts(keeper.trees, 2, &facts));
        CHECK_EQ(facts.started, (int64_t)started);
        CHECK_EQ(hf_trees_has_memory_max(keeper.trees, 2), has_memory_max(&facts));
        CHECK_EQ(hf_trees_signal(keeper.trees, 2, SIGTERM, false), 0);
        CHECK_EQ(hf_trees_signal(keeper.trees, 2, 0, false), 0); /* it ignores TERM */
        hf_trees_end(keeper.trees, 2);
        wait_for(2, HF_TREE_EMPTIED);
        CHECK(!wait_for(2, HF_TREE_EXITED)->is_known);
        CHECK_EQ(left_count(mark), 0);
        close_keeper();
    }
}

static void a_tree_that_survives_is_released_without_a_signal(void)
{
    open_keeper(false);
    CHECK_EQ(spawn_with(1, getenv("HF_ADVERSARY"), keeper.null_fd, true, "stay", "", ""), 0);
    pid_t pid = wait_for(1, HF_TREE_RUNS)->pid;
    hf_trees_release(keeper.trees, 1);
    CHECK_EQ(kill(pid, 0), 0);
    kill(pid, SIGKILL); /* reaped as whatever this process inherits */
    while (kill(pid, 0) == 0) uv_run(&keeper.loop, UV_RUN_NOWAIT);
    CHECK_EQ(keeper.news_count, 1);
    close_keeper();
}

static void our_own_surviving_tree_is_ended_as_whole(void)
{
    for (int groups = 0; groups < ways(); groups++) {
        open_keeper(groups);
        CHECK_EQ(spawn_with(1, getenv("HF_ADVERSARY"), keeper.null_fd, true, "daemons", "5", "1"),
                 0);
        wait_for(1, HF_TREE_RUNS);
        wait_until_there_are(6);
        hf_trees_end(keeper.trees, 1);
        wait_for(1, HF_TREE_EMPTIED);
        CHECK_EQ(wait_for(1, HF_TREE_EXITED)->signal, SIGKILL);
        close_keeper();
    }
}

/* --- the scan --- */

static void a_scan_lists_up_to_its_bound(void)
{
    static struct hf_kin kin;
    static const size_t extra[] = { 0, 1 };
    for (size_t i = 0; i < HF_COUNT(extra); i++) {
        int ends[2];
        char byte;
        CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
        pid_t root = fork();
        if (root == 0) {
            for (size_t n = 0; n < HF_LIMIT_TREE_SCAN + extra[i]; n++)
                if (fork() == 0) {
                    prctl(PR_SET_PDEATHSIG, SIGKILL);
                    for (;;) pause();
                }
            _exit(write(ends[1], "", 1) == 1 ? pause() : 1);
        }
        CHECK_EQ(read(ends[0], &byte, 1), 1);
        hf_kin_init(&kin, root, NULL, 0);
        hf_kin_list(&kin);
        CHECK_EQ_AT(i, kin.count, HF_LIMIT_TREE_SCAN);
        CHECK_EQ_AT(i, kin.is_cut, extra[i] != 0);
        while (hf_kin_kill(&kin) > 0) {
        }
        kill(root, SIGKILL);
        CHECK_EQ(waitpid(root, NULL, 0), root);
        close(ends[0]);
        close(ends[1]);
    }
}

/* A line of processes, each the parent of the next, that die with the first. */
static pid_t make_line(pid_t *pids, size_t count, int told_fd)
{
    pid_t first = fork();
    CHECK(first >= 0);
    if (first > 0) return first;
    for (size_t i = 0; i < count; i++) {
        pids[i] = getpid();
        if (i == count - 1) _exit(write(told_fd, "", 1) == 1 ? pause() : 1);
        if (fork() != 0) pause();
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    _exit(1);
}

/* As many parents as the bound says, and one more. */
static void a_process_is_known_by_its_parents_up_to_the_bound(void)
{
    enum { COUNT = HF_LIMIT_KIN_GENERATIONS + 2 };
    int ends[2];
    char byte;
    pid_t *pids =
        mmap(NULL, COUNT * sizeof *pids, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(pids != MAP_FAILED);
    CHECK_EQ(pipe2(ends, O_CLOEXEC), 0);
    pid_t first = make_line(pids, COUNT, ends[1]);
    CHECK_EQ(read(ends[0], &byte, 1), 1);
    CHECK_EQ(pids[0], first);
    CHECK(hf_kin_descends(pids[HF_LIMIT_KIN_GENERATIONS], first));
    CHECK(!hf_kin_descends(pids[HF_LIMIT_KIN_GENERATIONS + 1], first));
    CHECK(hf_kin_descends(pids[1], first));
    CHECK(!hf_kin_descends(first, first));
    CHECK(!hf_kin_descends(first, pids[1]));
    CHECK_EQ(kill(first, SIGKILL), 0);
    CHECK_EQ(waitpid(first, NULL, 0), first);
    close(ends[0]);
    close(ends[1]);
    munmap(pids, COUNT * sizeof *pids);
}

CHECK_MAIN(a_process_is_known_by_its_parents_up_to_the_bound,
           groups_that_a_killed_supervisor_left_are_removed, a_lost_guardian_costs_no_older_process,
           the_kernel_holds_a_limit_of_memory_where_it_can,
           a_controller_that_was_delegated_is_shared_out, kills_for_want_of_memory_are_counted,
           a_program_runs_exits_and_leaves_nothing, a_program_that_is_not_there_is_told_once,
           a_program_finds_a_clean_place, nothing_of_a_tree_survives_its_end,
           a_tree_that_forks_while_it_is_killed_ends, a_tree_lives_until_its_last_process,
           signals_reach_the_main_process_or_all_others,
           a_tree_may_be_ended_at_any_moment_of_its_making, no_more_than_the_bound_of_trees_stand,
           a_guardian_that_is_killed_is_told_and_its_tree_ends,
           a_guardian_that_is_stopped_still_does_its_duty,
           a_supervisor_that_is_killed_takes_its_tree_along,
           what_survives_is_adopted_by_the_next_supervisor,
           a_tree_that_survives_is_released_without_a_signal,
           our_own_surviving_tree_is_ended_as_whole, a_scan_lists_up_to_its_bound)
