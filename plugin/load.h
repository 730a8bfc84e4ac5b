/* SPDX-License-Identifier: MIT */
#ifndef RS_LOAD_H
#define RS_LOAD_H

/* Loads an engine's policy and database, and swaps them only when all is well. */

struct rs_engine;

/* Loads policy and database. */
void rs_load_all(struct rs_engine *engine);
/* The same after a failure; the same faults are not reported again. */
void rs_load_again(struct rs_engine *engine);
/* Loads what has changed. */
void rs_load_changed(struct rs_engine *engine);
/* Frees what was loaded. */
void rs_load_free(struct rs_engine *engine);

#endif
