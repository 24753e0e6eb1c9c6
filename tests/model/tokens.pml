/* The token protocol of include/fqrun/jobserver.h, for spin.
 *
 * A server of 4 slots: its implicit one and 3 tokens, each a byte of its own, in a pool.
 * Its jobs are two clients, which draw on the pool as well, and a plain job. A client
 * runs narrow jobs (a slot) and a wide one (3 slots: it gathers what is there, and gives
 * ALL of it back when it has waited long enough). Whoever is told to stop first reaps
 * its children and then gives back. Client 0 has a guard, a process that gives back what
 * it held if it is killed; client 1 has none, what it held is lost until the server mends:
 * it counts while nobody but itself can draw.
 *
 * What may happen, and what is broken, is said by -D:
 *     STOPS   a client may be told to stop, at any moment
 *     KILLS   a client may be killed, at any moment
 *     LUCK    from some moment on, the waits are such that not both give back for ever
 * must fail:
 *     BREAK_HOLD    gathers and never gives back
 *     BREAK_EAGER   the server mends while a client lives
 *     BREAK_HASTY   the server mends while the guard of a killed client lives
 *     BREAK_FORGET  a client that stops forgets a token
 *     BREAK_EARLY   a client that stops gives back before its children are reaped
 *     BREAK_BYTE    gives back another byte than it took
 *     BREAK_TWICE   gives back twice what it gathered */
#define TOKENS 3
#define SLOTS (TOKENS + 1)
#define WIDE 3
#ifndef NARROW
#define NARROW 2
#endif

/* Sorted (!!), for the order of the bytes is of no account. Room for what should not be. */
chan pool = [TOKENS + 3] of { byte };
chan hand[2] = [TOKENS] of { byte }; /* what a client holds */

byte running; /* slots in which something runs, of all */
byte lost;    /* tokens that went with one who was killed */
bool mended;
bool lives[2], guarded[2]; /* a client; its guard, which has yet to give back */
bool gathers[2];           /* for its wide job, some slot in hand */
bool wants[2], has_wide[2]; /* its wide job waits for slots; it runs, or nobody wants it any more */
bool is_over;
#ifdef LUCK
bool luck;
#else
#define luck false
#endif

inline start(n)
{
	running = running + n;
	assert(running <= SLOTS)
}

inline give(c, t)
{
#ifdef BREAK_BYTE
	hand[c] ? t;
	pool !! 1
#else
	hand[c] ? t;
	pool !! t
#endif
}

/* n_free, n_token: narrow jobs on the implicit slot and on tokens. w_free, part: what the
 * wide job holds, or gathers. */
#define holds (w_free + part)

inline give_part(c, t)
{
	do
	:: part > 0 ->
		part--;
#ifdef BREAK_TWICE
		if
		:: part == 0 && len(pool) < TOKENS + 3 -> pool !! 1
		:: else
		fi;
#endif
		give(c, t)
	:: else -> break
	od;
	w_free = 0;
	gathers[c] = false
}

/* A client that is killed: its children go at once, or by the hand of its guard. */
inline be_killed(c, t)
{
	todo = 0; wants[c] = false; has_wide[c] = true; gathers[c] = false;
	if
	:: c == 0 -> guarded[0] = true; lives[0] = false
	:: else ->
		running = running - n_free - n_token - (wide -> WIDE : 0);
		lost = lost + len(hand[c]);
		do
		:: len(hand[c]) > 0 -> hand[c] ? _
		:: else -> break
		od;
		lives[c] = false
	fi
}

proctype client(byte me)
{
	byte todo = NARROW, n_free = 0, n_token = 0, w_free = 0, part = 0, t = 0;
	bool wide = false, is_stopping = false;
	bool forgot = false;
	wants[me] = true;
	do
	/* All is done. */
	:: todo == 0 && !wants[me] && n_free + n_token == 0 && !wide -> break
	/* A narrow job begins, on the implicit slot if that is free. */
	:: atomic { todo > 0 && n_free == 0 && w_free == 0 -> todo--; n_free = 1; start(1) }
	:: atomic { todo > 0 && (n_free || w_free) && !gathers[me] && nempty(pool) ->
		pool ? t; hand[me] ! t; todo--; n_token++; start(1); t = 0 }
	/* It ends, is reaped, and its slot is free at once. */
	:: atomic { n_free -> n_free = 0; running-- }
	:: atomic { n_token > 0 ->
		n_token--;
		running--;
#ifdef BREAK_FORGET
		if
		:: is_stopping && !forgot -> forgot = true; hand[me] ? _
		:: else -> give(me, t)
		fi;
#else
		if
		:: is_stopping && forgot /* BREAK_EARLY gave it back */
		:: else -> give(me, t)
		fi;
#endif
		t = 0 }
	/* The wide job gathers, a slot at a time ... */
	:: atomic { wants[me] && holds < WIDE && !n_free && !w_free && !(luck && me == 1 && gathers[0]) ->
		w_free = 1; gathers[me] = true }
	:: atomic { wants[me] && holds < WIDE && nempty(pool) && !(luck && me == 1 && gathers[0]) ->
		pool ? t; hand[me] ! t; part++; gathers[me] = true; t = 0 }
	/* ... begins when it has all ... */
	:: atomic { wants[me] && holds == WIDE ->
		wants[me] = false; has_wide[me] = true; wide = true; gathers[me] = false; start(WIDE) }
#ifndef BREAK_HOLD
	/* ... and when it has waited long enough, gives all of it back. */
	:: atomic { gathers[me] && holds < WIDE && !(luck && (me == 0 || !gathers[0])) -> give_part(me, t); t = 0 }
#endif
	:: atomic { wide -> wide = false; running = running - WIDE; give_part(me, t); t = 0 }
#ifdef STOPS
	:: atomic { !is_stopping ->
		is_stopping = true;
		todo = 0;
		if
		:: wants[me] -> give_part(me, t)
		:: else
		fi;
		wants[me] = false;
		has_wide[me] = true;
#ifdef BREAK_EARLY
		forgot = true;
		do
		:: len(hand[me]) > 0 -> give(me, t)
		:: else -> break
		od;
		part = 0;
#endif
		t = 0 }
#endif
#ifdef KILLS
	:: atomic { be_killed(me, t); goto killed }
#endif
	od;
	lives[me] = false;
	goto gone;
killed:
	if
	:: atomic { me == 0 -> running = running - n_free - n_token - (wide -> WIDE : 0) };
		do
		:: atomic { nempty(hand[me]) -> give(me, t); t = 0 }
		:: atomic { len(hand[me]) == 0 -> t = 0; break }
		od;
		guarded[me] = false
	:: me != 0
	fi;
gone:
	skip
}

#ifdef BREAK_EAGER
#define ours_alone true
#elif defined(BREAK_HASTY)
#define ours_alone (!lives[0] && !lives[1])
#else
#define ours_alone (!lives[0] && !lives[1] && !guarded[0] && !guarded[1])
#endif

/* Counts, puts back what is missing, takes out what is too much. `own`: tokens that we hold. */
inline mend(own)
{
	mended = mended || (len(pool) + own != TOKENS);
#if !defined(BREAK_EAGER) && !defined(BREAK_HASTY)
	assert(len(pool) + own == TOKENS - lost);
#endif
	do
	:: len(pool) + own < TOKENS -> pool !! 43
	:: len(pool) + own > TOKENS -> pool ? _
	:: else -> break
	od;
	lost = 0
}

active proctype server()
{
	byte t0, t1, own, t, i;
	bool plain = true, plain_runs;
	byte plain_token;
	bool is_on[2];
	d_step {
		pool !! 1; pool !! 2; pool !! 3;
		/* The first client runs on the implicit slot, the second on a token. */
		lives[0] = true; lives[1] = true;
		is_on[0] = true; is_on[1] = true;
		pool ? t1; own = 1
	}
	atomic { run client(0); run client(1) };
	do
	/* A job of our own takes a token like everyone else. */
	:: atomic { plain && nempty(pool) -> plain = false; plain_runs = true; pool ? plain_token; own++; start(1) }
	:: atomic { plain_runs -> plain_runs = false; running--; pool !! plain_token; plain_token = 0; own-- }
	/* A client is reaped, its slot is free. */
	:: atomic { is_on[0] && !lives[0] ->
		is_on[0] = false;
		if
		:: ours_alone -> mend(own)
		:: else
		fi }
	:: atomic { is_on[1] && !lives[1] ->
		is_on[1] = false; pool !! t1; t1 = 0; own--;
		if
		:: ours_alone -> mend(own)
		:: else
		fi }
	:: atomic { !is_on[0] && !is_on[1] && !guarded[0] && !plain && !plain_runs -> mend(own) }; break
	od;
	skip;
	/* At the end of everything: none lost, none gained, the same bytes. */
	d_step {
		assert(running == 0);
		assert(own == 0 && len(pool) == TOKENS);
		assert(mended || (pool ?? [1] && pool ?? [2] && pool ?? [3]));
		t = 0; i = 0
	}
	is_over = true
}

#ifdef LUCK
active proctype fate()
{
	luck = true
}
#endif

#ifdef LTL
ltl ends { <> is_over }
ltl starts { [] (wants[0] -> <> has_wide[0]) && [] (wants[1] -> <> has_wide[1]) }
#endif
