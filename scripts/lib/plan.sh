# shellcheck shell=bash
# Runs a list of named steps, one line each: number, name, what happened, time. To be sourced.
# The long output of a step goes to target/logs/NAME.log. In that log a step may write
#   note: TEXT   shown behind "ok": which way was taken
#   hint: TEXT   shown when the step fails: what to do about it

LIFE_SIGN_SECONDS=20

plan_names=()
plan_modes=()
plan_commands=()
failed_steps=0

# plan NAME COMMAND… : the plan ends when this step fails.
plan() {
  plan_names+=("$1") plan_modes+=(stop)
  shift
  plan_commands+=("$(printf '%q ' "$@")")
}

# plan_tests NAME COMMAND… : the plan goes on when this step fails.
plan_tests() {
  plan "$@"
  plan_modes[-1]=go_on
}

# Runs the planned steps. Status 1 when one failed; their number stands in failed_steps.
run_plan() {
  local i
  mkdir -p "$LOGS"
  trap 'stop_running_step; echo stopped; exit 130' INT TERM
  for i in "${!plan_names[@]}"; do
    run_step "$i" && continue
    failed_steps=$((failed_steps + 1))
    if [[ ${plan_modes[i]} == stop ]]; then break; fi
  done
  trap - INT TERM
  ((failed_steps == 0))
}

running_step=

# The step has its own process group, so that Ctrl-C ends the compilers it started as well.
stop_running_step() {
  if [[ -n $running_step ]]; then kill -TERM -- "-$running_step" 2>/dev/null || true; fi
}

run_step() {
  local name=${plan_names[$1]} log started title status=0 next_sign=$LIFE_SIGN_SECONDS elapsed
  log=$LOGS/${name//[^A-Za-z0-9-]/-}.log
  title=$(printf '[%2d/%d] %s …' "$(($1 + 1))" "${#plan_names[@]}" "$name")
  printf '%s ' "$title"
  started=$SECONDS

  set -m
  (eval "${plan_commands[$1]}") >"$log" 2>&1 </dev/null &
  running_step=$!
  set +m
  while kill -0 "$running_step" 2>/dev/null; do
    sleep 0.1
    elapsed=$((SECONDS - started))
    if ((elapsed >= next_sign)); then
      if ((next_sign == LIFE_SIGN_SECONDS)); then echo; fi
      life_sign "$log" "$elapsed"
      next_sign=$((next_sign + LIFE_SIGN_SECONDS))
    fi
  done
  wait "$running_step" || status=$?
  running_step=

  if ((next_sign > LIFE_SIGN_SECONDS)); then printf '%s ' "$title"; fi
  elapsed=$(duration $((SECONDS - started)))
  if ((status == 0)); then
    echo "ok ($elapsed)$(sed -n 's/^note: /, /p' "$log" | tail -n 1)"
  else
    echo "FAILED ($elapsed)"
    explain_failure "$log"
  fi
  return "$status"
}

duration() {
  if (($1 < 60)); then echo "$1 s"; else echo "$(($1 / 60)) min $(($1 % 60)) s"; fi
}

# Without colours, and each redrawing of a line on a line of its own.
plain() { tr '\r' '\n' | sed 's/\x1b\[[0-9;]*[A-Za-z]//g; s/\x1b([A-Z]//g'; }

# One line about a step that still runs: how long, how many crates, the last line of its log.
life_sign() {
  local crates last
  crates=$(grep -ac '^ *Compiling ' "$1" || true)
  last=$(plain <"$1" | sed 's/^ *//' | grep -a . | tail -n 1 | cut -c 1-90 || true)
  printf '        %s' "$(duration "$2")"
  if ((crates > 0)); then printf ', %d crates' "$crates"; fi
  printf ': %s\n' "$last"
}

explain_failure() {
  plain <"$1" | grep -av '^hint: ' | tail -n 30 | sed 's/^/        | /'
  sed -n 's/^hint: /        → /p' "$1"
  echo "        whole log: ${1#"$ROOT"/}"
}
