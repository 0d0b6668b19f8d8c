/* SPDX-License-Identifier: GPL-2.0-only */
/* The binary record of one socket, from the BPF iterator to the program. */
#ifndef SOCKORACLE_SOCKET_RECORD_H
#define SOCKORACLE_SOCKET_RECORD_H

enum {
  record_magic = 0x736f636b,
  socket_bytes_max = 512,
  sock_bytes_max = 4096,
  follow_max = 10,
  follow_bytes = 32,
};

/* A pointer that is followed: `from` bytes into struct socket or the sock, then `to` bytes behind
 * the pointer. What is there is copied. */
struct follow {
  unsigned int in_socket; /* 1: the pointer is in struct socket; 0: in the sock */
  unsigned int from, to;
};

/* What the program is told before it is loaded. */
struct observer_settings {
  int tgid;                 /* whose descriptors, in the reader's PID namespace */
  unsigned int socket_size; /* sizeof(struct socket) */
  unsigned int follow_count;
  struct follow follows[follow_max];
};

struct socket_record {
  unsigned int magic;
  int fd;
  unsigned int socket_bytes, sock_bytes; /* how many of the bytes below are there */
  unsigned long long socket_address, sock_address, net_address;
  unsigned char followed[follow_max][follow_bytes];
  /* Then: struct socket, and the sock with its whole protocol's part. */
};

#endif
