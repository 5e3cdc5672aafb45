/** Examples of each command, for its help. Every command has some. Pure. */

const examples: Readonly<Record<string, readonly string[]>> = {
  run: [
    'run links.txt',
    'run clips.csv --model topaz/video-upscale --set upscale_factor=2',
    'run https://sora.chatgpt.com/p/s_… --batch today',
    'run links.txt --dry-run',
    'run links.csv --max-credits 500 --yes --json > result.json',
  ],
  enqueue: [
    'enqueue links.txt',
    'cat links.txt | kie-batch enqueue --batch today',
    'enqueue --source https://example.com/links.csv --batch news',
    'enqueue clips.csv --keep-columns title,author',
  ],
  worker: ['worker', 'worker --stages download --limit-rate 10MB', 'worker --check'],
  serve: ['serve', 'serve --callbacks-only'],
  status: ['status', 'status today --json'],
  watch: ['watch', 'watch today'],
  list: ['list', 'list --json'],
  export: [
    'export today > today.jsonl',
    'export today --format csv --state failed',
    'export today --format urls --reason download-failed > again.txt',
    'export today --verify',
  ],
  import: ['import today.jsonl', 'import today.csv.gz --batch moved'],
  retry: ['retry today', 'retry today --reason generation-failed', 'retry today --missing'],
  cancel: ['cancel today'],
  pause: ['pause today', 'pause'],
  resume: ['resume today', 'resume', 'resume --reset-gate'],
  priority: ['priority today 10'],
  remove: ['remove today'],
  'schedule add': [
    'schedule add news --cron "*/15 * * * *" --source https://example.com/links.csv',
    'schedule add inbox --cron @hourly --source folder:inbox --max-credits 500',
  ],
  'schedule list': ['schedule list', 'schedule list news'],
  'schedule run': ['schedule run news'],
  'schedule pause': ['schedule pause news'],
  'schedule resume': ['schedule resume news'],
  'schedule remove': ['schedule remove news'],
  models: ['models', 'models topaz/video-upscale', 'models --refresh'],
  doctor: ['doctor', 'doctor --model topaz/video-upscale', 'doctor --test-alert'],
  simulate: ['simulate --port 9090', 'simulate --limit 5/10s --task-time 2s-5s'],
  demo: ['demo'],
  completion: ['completion bash'],
};

export function examplesOf(path: string): string {
  const lines = (examples[path] ?? []).map(
    (words) => `  ${words.includes(' | ') ? words : `kie-batch ${words}`}`,
  );
  return ['', `Example${lines.length === 1 ? '' : 's'}:`, ...lines].join('\n');
}
