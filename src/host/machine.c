#include "host/machine.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static void read_cpu_model(char *out, size_t cap)
{
    char line[256];
    FILE *in = fopen("/proc/cpuinfo", "re");
    if (!in) return;
    while (fgets(line, sizeof line, in)) {
        const char *value = strchr(line, ':');
        if (!value || strncmp(line, "model name", 10) != 0) continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(out, cap, "%s", value + 2);
        break;
    }
    fclose(in);
}

static void read_address(char *out, size_t cap)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0) return;
    for (struct ifaddrs *at = all; at; at = at->ifa_next) {
        if (!at->ifa_addr || at->ifa_addr->sa_family != AF_INET) continue;
        if ((at->ifa_flags & IFF_LOOPBACK) || !(at->ifa_flags & IFF_UP)) continue;
        struct sockaddr_in v4;
        memcpy(&v4, at->ifa_addr, sizeof v4);
        if (inet_ntop(AF_INET, &v4.sin_addr, out, (socklen_t)cap)) break;
    }
    freeifaddrs(all);
}

void hf_machine_read(struct hf_machine *out)
{
    struct utsname name;
    *out = (struct hf_machine){ .cpu_count = sysconf(_SC_NPROCESSORS_ONLN) };
    if (uname(&name) == 0) {
        snprintf(out->host_name, sizeof out->host_name, "%s", name.nodename);
        snprintf(out->platform, sizeof out->platform, "%s %s", name.sysname, name.release);
        snprintf(out->machine, sizeof out->machine, "%s", name.machine);
        out->platform[0] = (char)tolower((unsigned char)out->platform[0]);
    }
    read_cpu_model(out->cpu_model, sizeof out->cpu_model);
    read_address(out->address, sizeof out->address);
}
