/* For those who run it: numbers, alive, ready. */
#include "base/clock.h"
#include "issuer/http/handlers.h"
#include "issuer/http/metrics.h"
#include "issuer/http/readiness.h"

void ops_metrics(struct front *front, const struct request *q, struct reply *r)
{
	if (metrics_write(front, clock_now(), &r->body) == ERR_OK)
		r->content_type = "text/plain; version=0.0.4; charset=utf-8";
	else
		reply_problem(r, q, ERR_MEMORY, NULL, NULL);
}

void ops_healthz(struct front *front, const struct request *q, struct reply *r)
{
	(void)front, (void)q;
	r->content_type = "text/plain; charset=utf-8";
	buf_text(&r->body, "ok\n");
}

void ops_readyz(struct front *front, const struct request *q, struct reply *r)
{
	json_t *reasons = readiness_faults(front, clock_now());
	(void)q;
	bool ready = json_array_size(reasons) == 0;
	reply_json(r, ready ? 200 : 503, json_pack("{s:b, s:o}", "ready", ready, "reasons", reasons));
	r->retry_after = ready ? 0 : 5;
}
