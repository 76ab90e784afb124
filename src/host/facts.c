#include "host/facts.h"
#include "host/clock.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* The number after `key` in a "Key:   123 kB" table; 0 when it is not there. */
static int64_t read_kb(const char *table, const char *key)
{
    char line[256];
    long long value = 0;
    size_t len = strlen(key);
    FILE *in = fopen(table, "re");
    if (!in) return 0;
    while (fgets(line, sizeof line, in)) {
        if (strncmp(line, key, len) != 0 || line[len] != ':') continue;
        value = strtoll(line + len + 1, NULL, 10);
        break;
    }
    fclose(in);
    return value * 1024;
}

static int64_t count_descriptors(void)
{
    int64_t count = 0;
    DIR *dir = opendir("/proc/self/fd");
    if (!dir) return 0;
    while (readdir(dir)) count++;
    closedir(dir);
    return count - 3; /* ".", ".." and the directory itself */
}

static int64_t system_uptime_ms(void)
{
    double seconds = 0;
    FILE *in = fopen("/proc/uptime", "re");
    if (!in) return 0;
    if (fscanf(in, "%lf", &seconds) != 1) seconds = 0;
    fclose(in);
    return (int64_t)(seconds * 1000);
}

static void read_disk(const char *state_dir, struct hf_facts *out)
{
    struct statvfs disk;
    if (statvfs(state_dir, &disk) != 0) return;
    out->disk_free_bytes = (int64_t)(disk.f_bavail * disk.f_frsize);
    out->disk_total_bytes = (int64_t)(disk.f_blocks * disk.f_frsize);
}

void hf_facts_read(const char *state_dir, struct hf_facts *out)
{
    double load[3] = { 0 };
    struct rlimit files;
    *out = (struct hf_facts){
        .rss_bytes = read_kb("/proc/self/status", "VmRSS"),
        .memory_total_bytes = read_kb("/proc/meminfo", "MemTotal"),
        .memory_free_bytes = read_kb("/proc/meminfo", "MemAvailable"),
        .cpu_us = hf_clock_cpu() / HF_US(1),
        .open_descriptors = count_descriptors(),
        .system_uptime_ms = system_uptime_ms(),
    };
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) out->descriptors_max = (int64_t)files.rlim_cur;
    if (getloadavg(load, 3) == 3) {
        out->load_1m = load[0];
        out->load_5m = load[1];
        out->load_15m = load[2];
    }
    read_disk(state_dir, out);
}
