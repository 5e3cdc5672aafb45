# bash completion for kie-batch: source <(kie-batch completion bash)
_kie_batch() {
  local word="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" at='' words='' files='' i
  local IFS=$'\n'
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at/${COMP_WORDS[i]}" in
      /run|/enqueue|/worker|/serve|/status|/watch|/list|/export|/import|/retry|/cancel|/pause|/resume|/priority|/remove|/schedule|/schedule/add|/schedule/list|/schedule/run|/schedule/pause|/schedule/resume|/schedule/remove|/models|/doctor|/simulate|/demo|/completion) at="$at/${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at $before" in
    '/run --batch') words=$'' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
    '/run --model') words=$'sora-watermark-remover\nhappyhorse/video-edit\nkling-2.6/motion-control\nkling-3.0/motion-control\nkling-3.0-omni/transformation\ntopaz/video-upscale\nvolcengine/video-to-video-lip-sync\nwan/2-2-animate-move\nwan/2-2-animate-replace\nwan/2-6-flash-video-to-video\nwan/2-6-video-to-video\nwan/2-7-videoedit' ;;
    '/run --model-file') words=$'' files='yes' ;;
    '/run --set') words=$'' ;;
    '/run --column') words=$'' ;;
    '/run --keep-columns') words=$'' ;;
    '/run --problems') words=$'' files='yes' ;;
    '/run --priority') words=$'' ;;
    '/run --max-credits') words=$'' ;;
    '/run --limit-rate') words=$'' ;;
    '/enqueue --batch') words=$'' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
    '/enqueue --model') words=$'sora-watermark-remover\nhappyhorse/video-edit\nkling-2.6/motion-control\nkling-3.0/motion-control\nkling-3.0-omni/transformation\ntopaz/video-upscale\nvolcengine/video-to-video-lip-sync\nwan/2-2-animate-move\nwan/2-2-animate-replace\nwan/2-6-flash-video-to-video\nwan/2-6-video-to-video\nwan/2-7-videoedit' ;;
    '/enqueue --model-file') words=$'' files='yes' ;;
    '/enqueue --set') words=$'' ;;
    '/enqueue --column') words=$'' ;;
    '/enqueue --keep-columns') words=$'' ;;
    '/enqueue --problems') words=$'' files='yes' ;;
    '/enqueue --priority') words=$'' ;;
    '/enqueue --max-credits') words=$'' ;;
    '/enqueue --source') words=$'' files='yes' ;;
    '/worker --stages') words=$'submit\nstatus\ndownload' ;;
    '/worker --model-file') words=$'' files='yes' ;;
    '/worker --limit-rate') words=$'' ;;
    '/serve --model-file') words=$'' files='yes' ;;
    '/export --format') words=$'jsonl\ncsv\nurls' ;;
    '/export --state') words=$'queued\nsubmitting\nprocessing\ndownloading\nsaved\nfailed\ncancelled\nheld' ;;
    '/export --reason') words=$'invalid-link\nrejected\ngeneration-failed\ntask-timeout\ndownload-failed\nresult-invalid\nattempts-exhausted\nbudget-exhausted\ninput-unreadable' ;;
    '/import --batch') words=$'' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
    '/import --format') words=$'jsonl\ncsv' ;;
    '/import --model-file') words=$'' files='yes' ;;
    '/retry --reason') words=$'invalid-link\nrejected\ngeneration-failed\ntask-timeout\ndownload-failed\nresult-invalid\nattempts-exhausted\nbudget-exhausted\ninput-unreadable' ;;
    '/schedule/add --cron') words=$'' ;;
    '/schedule/add --source') words=$'' files='yes' ;;
    '/schedule/add --tz') words=$'' ;;
    '/schedule/add --batch-template') words=$'' ;;
    '/schedule/add --model') words=$'sora-watermark-remover\nhappyhorse/video-edit\nkling-2.6/motion-control\nkling-3.0/motion-control\nkling-3.0-omni/transformation\ntopaz/video-upscale\nvolcengine/video-to-video-lip-sync\nwan/2-2-animate-move\nwan/2-2-animate-replace\nwan/2-6-flash-video-to-video\nwan/2-6-video-to-video\nwan/2-7-videoedit' ;;
    '/schedule/add --model-file') words=$'' files='yes' ;;
    '/schedule/add --set') words=$'' ;;
    '/schedule/add --column') words=$'' ;;
    '/schedule/add --max-credits') words=$'' ;;
    '/schedule/run --model-file') words=$'' files='yes' ;;
    '/models --model-file') words=$'' files='yes' ;;
    '/doctor --model') words=$'sora-watermark-remover\nhappyhorse/video-edit\nkling-2.6/motion-control\nkling-3.0/motion-control\nkling-3.0-omni/transformation\ntopaz/video-upscale\nvolcengine/video-to-video-lip-sync\nwan/2-2-animate-move\nwan/2-2-animate-replace\nwan/2-6-flash-video-to-video\nwan/2-6-video-to-video\nwan/2-7-videoedit' ;;
    '/doctor --model-file') words=$'' files='yes' ;;
    '/simulate --host') words=$'' ;;
    '/simulate --port') words=$'' ;;
    '/simulate --public-url') words=$'' ;;
    '/simulate --seed') words=$'' ;;
    '/simulate --api-key') words=$'' ;;
    '/simulate --unauthorized-as') words=$'' ;;
    '/simulate --credits') words=$'' ;;
    '/simulate --credits-per-task') words=$'' ;;
    '/simulate --price-factor') words=$'' ;;
    '/simulate --video-seconds') words=$'' ;;
    '/simulate --show-credits') words=$'' ;;
    '/simulate --price-list') words=$'' ;;
    '/simulate --bill-failures') words=$'' ;;
    '/simulate --credits-refusal-code') words=$'' ;;
    '/simulate --condition') words=$'' ;;
    '/simulate --models') words=$'' ;;
    '/simulate --paused-models') words=$'' ;;
    '/simulate --disabled-models') words=$'' ;;
    '/simulate --limit') words=$'' ;;
    '/simulate --limiter') words=$'' ;;
    '/simulate --other-client-share') words=$'' ;;
    '/simulate --refusal') words=$'' ;;
    '/simulate --retry-after') words=$'' ;;
    '/simulate --rate-limit-headers') words=$'' ;;
    '/simulate --query-limit') words=$'' ;;
    '/simulate --upload-limit') words=$'' ;;
    '/simulate --upload-lifetime-ms') words=$'' ;;
    '/simulate --task-time') words=$'' ;;
    '/simulate --request-delay') words=$'' ;;
    '/simulate --answer-delay') words=$'' ;;
    '/simulate --record-visible-after-ms') words=$'' ;;
    '/simulate --task-ids') words=$'' ;;
    '/simulate --cost-time-unit') words=$'' ;;
    '/simulate --results-per-task') words=$'' ;;
    '/simulate --result-kinds') words=$'' ;;
    '/simulate --result-bytes') words=$'' ;;
    '/simulate --result-lifetime-ms') words=$'' ;;
    '/simulate --dead-result-share') words=$'' ;;
    '/simulate --result-urls') words=$'' ;;
    '/simulate --minted-links') words=$'' ;;
    '/simulate --validators') words=$'' ;;
    '/simulate --ordinary-agent-only') words=$'' ;;
    '/simulate --redirect-to') words=$'' ;;
    '/simulate --webhook-key') words=$'' ;;
    '/simulate --callback-delay') words=$'' ;;
    '/simulate --callback-tries') words=$'' ;;
    '/simulate --callback-retry-ms') words=$'' ;;
    '/simulate --callback-timeout-ms') words=$'' ;;
    '/simulate --callback-id-at') words=$'' ;;
    '/simulate --faults') words=$'' ;;
    '/simulate --link-faults') words=$'' ;;
    '/simulate --slow-answer-ms') words=$'' ;;
    '/simulate --recover-after-ms') words=$'' ;;
    '/simulate --empty-result-ms') words=$'' ;;
    *)
      case "$at" in
        '') words=$'run\nenqueue\nworker\nserve\nstatus\nwatch\nlist\nexport\nimport\nretry\ncancel\npause\nresume\npriority\nremove\nschedule\nmodels\ndoctor\nsimulate\ndemo\ncompletion\n--version\n-V\n--help\n-h' ;;
        '/run') words=$'--batch\n--model\n--model-file\n--set\n--column\n--keep-columns\n--problems\n--priority\n--max-credits\n--yes\n--dry-run\n--upload\n--force\n--json\n--exit-on-halt\n--all\n--limit-rate\n--serve\n--quiet\n-q\n--verbose\n-v\n--help\n-h' files='yes' ;;
        '/enqueue') words=$'--batch\n--model\n--model-file\n--set\n--column\n--keep-columns\n--problems\n--priority\n--max-credits\n--yes\n--dry-run\n--upload\n--force\n--json\n--source\n--quiet\n-q\n--verbose\n-v\n--help\n-h' files='yes' ;;
        '/worker') words=$'--stages\n--model-file\n--limit-rate\n--check\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/serve') words=$'--callbacks-only\n--model-file\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/status') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/watch') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/list') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/export') words=$'--format\n--state\n--reason\n--verify\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/import') words=$'--batch\n--format\n--model-file\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' files='yes' ;;
        '/retry') words=$'--reason\n--missing\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/cancel') words=$'--abandon\n--yes\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/pause') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/resume') words=$'--json\n--reset-gate\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/priority') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/remove') words=$'--yes\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' words+=$'\n'"$(${COMP_WORDS[0]} completion batches 2>/dev/null)" ;;
        '/schedule') words=$'add\nlist\nrun\npause\nresume\nremove\n--help\n-h' ;;
        '/schedule/add') words=$'--cron\n--source\n--tz\n--batch-template\n--model\n--model-file\n--set\n--column\n--max-credits\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/schedule/list') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/schedule/run') words=$'--model-file\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/schedule/pause') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/schedule/resume') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/schedule/remove') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/models') words=$'--model-file\n--refresh\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h\nsora-watermark-remover\nhappyhorse/video-edit\nkling-2.6/motion-control\nkling-3.0/motion-control\nkling-3.0-omni/transformation\ntopaz/video-upscale\nvolcengine/video-to-video-lip-sync\nwan/2-2-animate-move\nwan/2-2-animate-replace\nwan/2-6-flash-video-to-video\nwan/2-6-video-to-video\nwan/2-7-videoedit' ;;
        '/doctor') words=$'--model\n--model-file\n--test-alert\n--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/simulate') words=$'--json\n--host\n--port\n--public-url\n--seed\n--api-key\n--unauthorized-as\n--credits\n--credits-per-task\n--price-factor\n--video-seconds\n--show-credits\n--price-list\n--bill-failures\n--credits-refusal-code\n--condition\n--models\n--paused-models\n--disabled-models\n--limit\n--limiter\n--other-client-share\n--refusal\n--retry-after\n--rate-limit-headers\n--query-limit\n--upload-limit\n--upload-lifetime-ms\n--task-time\n--request-delay\n--answer-delay\n--record-visible-after-ms\n--task-ids\n--cost-time-unit\n--results-per-task\n--result-kinds\n--result-bytes\n--result-lifetime-ms\n--dead-result-share\n--result-urls\n--minted-links\n--validators\n--ordinary-agent-only\n--redirect-to\n--webhook-key\n--callback-delay\n--callback-tries\n--callback-retry-ms\n--callback-timeout-ms\n--callback-id-at\n--faults\n--link-faults\n--slow-answer-ms\n--recover-after-ms\n--empty-result-ms\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/demo') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h' ;;
        '/completion') words=$'--json\n--quiet\n-q\n--verbose\n-v\n--help\n-h\nbash\nzsh\nfish' ;;
      esac ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  if [[ -n $files && $word != -* ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -F _kie_batch kie-batch
