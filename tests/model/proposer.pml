/* Rule 0: an honest key proposes at most once a view, though a proposal leaves before anything of its own is synced.
 *
 * One node of N, which leads every Nth view, and LAST views. Certificates take it to later views, it votes where it likes,
 * and it crashes whenever it likes. What it saves names views; a sync makes that durable, a crash takes the rest. It may
 * propose in view v if the journal durably names a view >= v - N, and after a restart in no view <= N + the highest that
 * the journal names (consensus/propose.cpp, consensus/durability_queue.cpp). Broken on purpose:
 *   PROPOSE_AFTER_RESTART   the second half is left out
 *   JOURNAL_MAY_LAG         the first half is left out
 */
#ifndef N
#define N 4
#endif
#ifndef LAST
#define LAST 24
#endif

byte view = 1;
byte saved, durable;         /* the highest view named by what was saved; by what was synced */
byte proposed;               /* the highest view proposed in since the start */
byte none_through;           /* no proposal up to here */
bool has_proposed[LAST + 1]; /* ever */
bool once = true;

#ifdef STORY
#define TELL(text, v) printf(text, v)
#else
#define TELL(text, v) skip
#endif

#define LEADS (view % N == 0)
#ifdef JOURNAL_MAY_LAG
#define JOURNAL_ALLOWS true
#else
#define JOURNAL_ALLOWS (durable + N >= view)
#endif
#ifdef PROPOSE_AFTER_RESTART
#define SILENT_THROUGH 0
#else
#define SILENT_THROUGH (durable + N)
#endif

/* The certificate of the view before the one that the node enters is saved. */
inline enter_after(views) {
  if
  :: saved < view + views - 1 -> saved = view + views - 1
  :: else
  fi;
  view = view + views;
  TELL("  node enters view %d\n", view)
}

active proctype node() {
  do
  :: d_step { view + 1 <= LAST -> enter_after(1) }
  :: d_step { view + 2 <= LAST -> enter_after(2) }
  :: d_step { view + N <= LAST -> enter_after(N) }
  :: d_step { saved < view -> saved = view; TELL("  node votes in view %d\n", view) }
  :: d_step { durable < saved -> durable = saved; TELL("  node: synced, the journal names view %d\n", durable) }
  :: d_step {
       LEADS && view > proposed && view > none_through && JOURNAL_ALLOWS ->
       TELL("  node proposes in view %d\n", view);
       once = !has_proposed[view];
       assert(once);
       has_proposed[view] = true;
       proposed = view
     }
  :: atomic {
       true ->
       if /* the last synced thing was a vote, or a certificate */
       :: durable > 0 -> view = durable
       :: durable < LAST -> view = durable + 1
       fi;
       TELL("  node crashes and restarts in view %d\n", view);
       saved = durable;
       proposed = 0;
       none_through = SILENT_THROUGH
     }
  od
}
