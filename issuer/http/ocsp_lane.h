/* ocsp_lane: the front's end of the OCSP packets (issuer/signer/ocsp_wire.h): jobs go out in batches, answers come in. Never
 * blocks. What a dying signer had in work is asked again, once; what nobody answers in time is given up. One thread. */
#ifndef ISSUER_HTTP_OCSP_LANE_H
#define ISSUER_HTTP_OCSP_LANE_H

#include "issuer/signer/ocsp_wire.h"

struct ocsp_job {
	struct ocsp_job *next;
	struct ocsp_ask ask; /* the caller's, but for the id */
	int64_t give_up_at, sent_at;
	bool again; /* it is, or was, sent for the second time */
};

struct ocsp_lane;
/* told: the job is the callee's again; told->error is ERR_UNAVAILABLE when there was no answer. It may put jobs. */
typedef void ocsp_told_fn(void *ctx, struct ocsp_job *job, const struct ocsp_told *told);

/* Takes `packets`. ids begin at a random number: a predecessor's answers may still come. */
enum err ocsp_lane_new(int packets, ocsp_told_fn *told, void *ctx, struct ocsp_lane **out) MUST_CHECK;
/* No job may be left: ocsp_lane_abandon. NULL is fine. */
void ocsp_lane_free(struct ocsp_lane *l);

/* The job is the lane's until it is told. now_ms: clock_mono_ms. */
void ocsp_lane_put(struct ocsp_lane *l, struct ocsp_job *job, int64_t now_ms);
/* Take what has come. */
void ocsp_lane_receive(struct ocsp_lane *l);
/* See to what is late, and send what waits. */
void ocsp_lane_send(struct ocsp_lane *l, int64_t now_ms);
/* Tell every job that there is no answer. */
void ocsp_lane_abandon(struct ocsp_lane *l);

/* For poll: the descriptor, its events, and in how many milliseconds to work even so; -1: there is nothing to wait for. */
int ocsp_lane_fd(const struct ocsp_lane *l);
short ocsp_lane_events(const struct ocsp_lane *l);
int ocsp_lane_wait(const struct ocsp_lane *l, int64_t now_ms);

#endif
