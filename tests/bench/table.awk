# table.awk: "ROW SIDE VALUE" a line -> the table, or JSON with json=1. Work: microseconds; memory: kB.
function row(key, name, unit, side, sense, goal) {
	n++; keys[n] = key; names[n] = name; units[n] = unit; sides[n] = side; senses[n] = sense; goals[n] = goal
}
function sort(list, count,    i, j, v) {
	for (i = 2; i <= count; i++) {
		v = list[i]
		for (j = i - 1; j > 0 && list[j] > v; j--) list[j + 1] = list[j]
		list[j + 1] = v
	}
}
function median(key, side,    list, i, count) {
	count = seen[key, side]
	for (i = 1; i <= count; i++) list[i] = value[key, side, i]
	sort(list, count)
	return count % 2 ? list[(count + 1) / 2] : (list[count / 2] + list[count / 2 + 1]) / 2
}
function all(key, side,    i, text) {
	for (i = 1; i <= seen[key, side]; i++) text = text (i > 1 ? ", " : "") value[key, side, i]
	return "[" text "]"
}
# The goal of work is a ratio; of a call an upper bound of it; of memory an amount, or how much more than the bare one's.
function meets(i) {
	return senses[i] == ">=" ? ratio >= goals[i] : senses[i] == "x" ? ratio <= goals[i] : senses[i] == "+" ? product <= bare + goals[i] : product <= goals[i]
}
# 0: nothing bare stands beside it.
function shown(i, v) { return !v ? "-" : units[i] == "MiB" ? sprintf("%.1f MiB", v) : units[i] == "kB" ? sprintf("%.1f kB", v) : sprintf("%.1f us", v) }
function goal_text(i) {
	if (senses[i] == "+") return sprintf("<=+%d%s", goals[i], units[i])
	return senses[i] == ">=" ? sprintf(">=%.2f", goals[i]) : senses[i] == "x" ? sprintf("<=%.2f", goals[i]) : sprintf("<=%d%s", goals[i], units[i])
}
BEGIN {
	row("package", "package, P-256, end to end", "us", "bare", ">=", 0.85)
	row("rsa2048", "RSA-2048 package / bare key", "us", "bare", ">=", 0.90)
	row("rsa3072", "RSA-3072 package / bare key", "us", "bare", ">=", 0.95)
	row("handshake", "mutual-TLS handshake / MHD", "us", "bare", ">=", 0.90)
	row("handshake", "mutual-TLS handshake / nginx", "us", "nginx", ">=", 0.90)
	row("request", "member request, kept", "us", "bare", ">=", 0.85)
	row("ocsp_signed", "OCSP, signed per request", "us", "bare", ">=", 0.80)
	row("ocsp_ready", "OCSP, ready answer", "us", "bare", ">=", 0.70)
	row("ocsp_ready", "OCSP ready, of 10,000 / cfssl", "us", "cfssl", ">=", 6.00)
	row("large_signed", "OCSP signed, of 1M : of 10,000", "us", "bare", "x", 1.15)
	row("large_request", "member request, likewise", "us", "bare", "x", 1.15)
	row("large_handshake", "mutual-TLS handshake, likewise", "us", "bare", "x", 1.15)
	row("start", "start to an OCSP answer, of 1M", "us", "bare", "<=", 50000)
	row("large_front", "memory, front, of 1M", "MiB", "bare", "<=", 20)
	row("ocsp_p99", "OCSP, p99, RSA keys made / idle", "us", "idle", "x", 5)
	row("staff_list", "lists of 100,000 orders, p99", "us", "bare", "<=", 50000)
	row("staff_filter", "such lists, by each filter, p99", "us", "bare", "<=", 50000)
	row("staff_search", "search, in each notation, p99", "us", "bare", "<=", 50000)
	row("staff_start", "the start page's answer, p99", "us", "bare", "<=", 50000)
	row("own_key", "own key, signed, durable/cfssl", "us", "cfssl", "x", 0.65)
	row("call", "library call, kept / curl", "us", "bare", "x", 1.05)
	row("first", "library call, the first / curl", "us", "bare", "x", 1.10)
	row("handle", "memory, a client / curl handle", "kB", "bare", "+", 65.5)
	row("refusal", "hostile PKCS#12, the slowest", "us", "bare", "<=", 100000)
	row("refusal_memory", "hostile PKCS#12, the largest", "kB", "bare", "<=", 10486)
	row("list", "revocation list of 1,000,000", "us", "library", "<=", 500000)
	row("list_memory", "memory, such a list (x 2.5)", "MiB", "library", "<=", 120) # 2.5 times its 48.3 MiB
	row("idle_front", "memory, front idle", "MiB", "bare", "<=", 16)
	row("idle_supervisor", "memory, supervisor idle", "MiB", "bare", "<=", 16)
	row("idle_signer", "memory, signer idle", "MiB", "bare", "<=", 16)
	row("idle_courier", "memory, courier idle", "MiB", "bare", "<=", 16)
	row("idle_clerk", "memory, clerk idle", "MiB", "bare", "<=", 16)
	row("connection", "memory, a TLS connection", "kB", "bare", "<=", 55)
}
{ value[$1, $2, ++seen[$1, $2]] = $3 }
END {
	if (!json)
		printf "%-30s %12s %12s %7s %10s\n", "name", "product", "bare", "ratio", "goal"
	else
		printf "{\"rounds\": %d, \"rows\": [", rounds
	for (i = 1; i <= n; i++) {
		if (!seen[keys[i], "product"]) # not asked for
			continue
		scale = units[i] == "MiB" ? 1024 : 1
		product = median(keys[i], "product") / scale
		bare = median(keys[i], sides[i]) / scale
		ratio = !bare ? 0 : senses[i] == ">=" ? bare / product : product / bare
		word = meets(i) ? "ok" : "short"
		count[word]++
		if (!json)
			printf "%-30s %12s %12s %7s %10s  %s\n", names[i], shown(i, product), shown(i, bare), bare ? sprintf("%.2f", ratio) : "-", goal_text(i), word
		else
			printf "%s\n  {\"name\": \"%s\", \"unit\": \"%s\", \"product\": %.2f, \"bare\": %.2f, \"ratio\": %.3f, \"goal\": \"%s\", \"verdict\": \"%s\", \"product_rounds\": %s, \"bare_rounds\": %s}", \
				(printed++ ? "," : ""), names[i], units[i], product, bare, ratio, goal_text(i), word, all(keys[i], "product"), all(keys[i], sides[i])
	}
	if (json)
		print "\n]}"
	else
		printf "bench: %d ok, %d short\n", count["ok"], count["short"]
	exit !(count["ok"] + count["short"]) # rows that nobody knows
}
