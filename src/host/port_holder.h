/* host/port_holder.h: who has the port that we want?  Reads /proc; blocking. */
#ifndef HF_HOST_PORT_HOLDER_H
#define HF_HOST_PORT_HOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes "pid 123 (node)", or "another process" when it cannot be seen (other
 * user, other namespace); cut to `cap` bytes with its zero. */
void hf_port_holder(uint16_t port, char *out, size_t cap);

/* Whether whoever listens there answers GET /healthz on loopback with a live
 * gateway's 200, within a second. */
bool hf_port_is_healthy_gateway(uint16_t port);

#endif
