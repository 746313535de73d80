import { Command, InvalidArgumentError, Option } from 'commander';
import type { Metric, Score } from '../index.js';
import { convert } from './commands/convert.js';
import { evaluate } from './commands/evaluate.js';
import { fit } from './commands/fit.js';
import { inspect } from './commands/inspect.js';
import { predict, RESULT_FORMATS } from './commands/predict.js';
import { FORMATS } from './input/open.js';

const SCORES = Object.keys({
  distance: true,
  normalized: true,
  cac: true,
  softmin: true,
  entropy: true,
  mahalanobis: true,
  'knn-centers': true,
} satisfies Record<Score, true>);
const METRICS = Object.keys({ sqeuclidean: true, euclidean: true, cosine: true } satisfies Record<Metric, true>);

/** Defines the command line: names and texts of commands and options. */
export function program(version: string): Command {
  const root = new Command('center-loss')
    .description('Fits, uses and shows class centers of embeddings. Files are .npy, .safetensors or .csv, of any size.')
    .version(version)
    .showHelpAfterError('(run with --help for usage)')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText(
      'after',
      examples([
        'center-loss fit train.npy --labels train-labels.npy --score distance -o centers.safetensors',
        'center-loss evaluate test.npy --labels test-labels.npy -m centers.safetensors',
        'center-loss predict new.npy -m centers.safetensors -o labels.npy',
        'center-loss inspect centers.safetensors --html centers.html',
      ]) +
        '\nA file named - is standard input or output. The exit code is 0, 1 after a failure, or 2 for a wrong command line.\n',
    );

  rows(root.command('fit'), 'rows')
    .summary('make centers, the means of classes, from labelled rows')
    .description(
      'Makes the mean of each class its center, in one pass over the rows. With --score or --tpr, makes a classifier: a second pass fits a threshold, above which a row is unknown, to as many known rows as fit in 32 MB.',
    )
    .option('-l, --labels <file>', 'labels of the rows, if they are in another file')
    .requiredOption('-o, --output <file>', '.safetensors file of the centers')
    .option('--classes <n>', 'number of classes (default: what the labels need)', positive)
    .option('--names <file>', 'names of the classes, one on each line; labels may be these names')
    .option('--checkpoint <file>', 'file of progress; after an interruption the same command continues from it')
    .option('--checkpoint-every <n>', 'blocks of 4 MB between checkpoints', positive, 64)
    .addOption(new Option('--score <name>', 'score that the threshold is for').choices(SCORES))
    .addOption(new Option('--metric <name>', 'metric of the score').choices(METRICS))
    .option(
      '--temperature <number>',
      'of scores softmin, entropy and cac (default: the most likely one; 1 for cac)',
      number,
    )
    .option('--tpr <share>', 'share of known rows that stay known (default: 0.95)', shareOf)
    .option('--per-class', 'a threshold for each class')
    .option('--calibration <file>', 'other rows, to which the threshold is fitted (default: the same rows)')
    .option('--calibration-labels <file>', 'labels of the calibration rows')
    .addHelpText(
      'after',
      examples([
        'center-loss fit train.npy --labels labels.npy -o centers.safetensors',
        'center-loss fit train.csv --label-column species --tpr 0.99 -o centers.safetensors',
        'center-loss fit big.npy --labels labels.npy --checkpoint fit.checkpoint -o centers.safetensors',
        'zcat rows.csv.gz | center-loss fit - --classes 10 -o centers.safetensors',
      ]),
    )
    .action(fit);

  for (const [name, kind, text] of [
    ['predict', 'labels', 'write the nearest class of each row, or -1 for an unknown row'],
    ['score', 'scores', 'write a score for each row: the higher, the more it looks unknown'],
  ] as const) {
    model(rows(root.command(name), 'rows'))
      .summary(text)
      .description(
        `${text[0]?.toUpperCase()}${text.slice(1)}. The output is .csv, .jsonl or .npy (${kind === 'labels' ? 'int32 labels' : 'float32 scores'}). A column of labels in a CSV is ignored.`,
      )
      .option('-o, --output <file>', 'file of results', '-')
      .addOption(new Option('--to <format>', 'default: by the name of the output, or csv').choices(RESULT_FORMATS))
      .addHelpText(
        'after',
        examples([
          `center-loss ${name} new.npy -m centers.safetensors -o ${kind}.npy`,
          `center-loss ${name} new.csv -m centers.safetensors --metric cosine > ${kind}.csv`,
          `cat new.npy | center-loss ${name} - -m centers.safetensors --json | jq .label`,
        ]),
      )
      .action((input, options) => predict(kind, input, options));
  }

  model(rows(root.command('evaluate'), 'rows'))
    .summary('evaluate a model on labelled rows')
    .description(
      'Reports the accuracy of a model on labelled rows. If some of them are unknown (a label below 0, or a name that no class has), it also reports how well the scores separate these from the others.',
    )
    .option('-l, --labels <file>', 'labels of the rows, if they are in another file')
    .option('--others-unknown', 'treat integers that no class has as unknown, too')
    .option('--confusion', 'count how many rows of each class are taken for which class')
    .addHelpText(
      'after',
      examples([
        'center-loss evaluate test.npy --labels labels.npy -m centers.safetensors',
        'center-loss evaluate test.csv -m centers.safetensors --score softmin --json | jq .auroc',
        'center-loss evaluate test.npy --labels labels.npy -m centers.safetensors --confusion',
      ]),
    )
    .action(evaluate);

  rows(root.command('inspect'), 'file', 'of --data')
    .summary('show the contents of a file of centers; --html draws it')
    .description('Shows the contents of a file of centers or of a .npy file, and draws centers on an HTML page.')
    .option('--html <file>', 'self-contained page: centers in 2-D, distances, radius, counts, confusion')
    .option('--data <file>', 'labelled rows to try the model on')
    .option('-l, --labels <file>', 'labels of the --data, if they are in another file')
    .option('--others-unknown', 'treat integers that no class has as unknown, too')
    .option('--model-tensor <name>', 'tensor of the centers, in a file of another library')
    .addHelpText(
      'after',
      examples([
        'center-loss inspect centers.safetensors',
        'center-loss inspect centers.safetensors --html page.html --data test.npy --labels labels.npy',
        'center-loss inspect state-dict.safetensors --model-tensor head.centers --json',
      ]),
    )
    .action(inspect);

  rows(root.command('convert'), 'input')
    .argument('<output>', 'file of the result, - for standard output')
    .summary('write rows or centers in another format')
    .description(
      'Writes rows, as float32, or the centers of a model in another format. Labels are kept, except in .npy, which has no place for them.',
    )
    .option('-l, --labels <file>', 'labels to put beside the rows')
    .addOption(new Option('--to <format>', 'default: by the name of the output').choices(FORMATS))
    .option('--centers', 'the input is a model: write its centers')
    .option('--model-tensor <name>', 'tensor of the centers, in a file of another library')
    .addHelpText(
      'after',
      examples([
        'center-loss convert rows.csv rows.npy',
        'center-loss convert rows.npy rows.safetensors --labels labels.npy',
        'center-loss convert --centers state-dict.safetensors centers.csv',
        'center-loss convert rows.npy - --to csv | head -3',
      ]),
    )
    .action(convert);
  return root;
}

/** Adds the options of every command that reads rows. */
function rows(command: Command, argument: string, whose = 'of the rows'): Command {
  return command
    .argument(`<${argument}>`, '.npy, .safetensors or .csv, - for standard input')
    .addOption(new Option('--format <format>', `${whose} (default: by the first bytes of the file)`).choices(FORMATS))
    .option('--tensor <name>', `tensor ${whose}, in .safetensors`)
    .option('--label-tensor <name>', 'tensor of the labels, in .safetensors')
    .option(
      '--label-column <name>',
      'column of the labels, in .csv, by its name or its number from 0 (default: label, target, class, y)',
    )
    .option('--delimiter <text>', 'text between columns, in .csv, \\t for a tab', delimiter, ',')
    .option('--progress', 'show progress (default: on a terminal)')
    .option('--no-progress', 'show no progress')
    .option('--json', 'results as JSON');
}

/** Adds the options of every command that runs rows through a model. */
function model(command: Command): Command {
  return command
    .requiredOption('-m, --model <file>', 'centers: a .safetensors file of fit, of save() or of PyTorch')
    .option('--model-tensor <name>', 'tensor of the centers, in a file of another library')
    .addOption(new Option('--score <name>', 'default: that of the model, or distance').choices(SCORES))
    .addOption(new Option('--metric <name>', 'default: that of the model, or sqeuclidean').choices(METRICS))
    .option('--temperature <number>', 'of scores softmin, entropy and cac (default: that of the model, or 1)', number)
    .option('--threshold <number>', 'score above which a row is unknown (default: that of the model)', number);
}

const examples = (lines: readonly string[]): string => `\nExamples:\n${lines.map((line) => `  ${line}\n`).join('')}`;

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}

function positive(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new InvalidArgumentError('It must be a whole number, at least 1.');
  return value;
}

function delimiter(text: string): string {
  if (text === '' || /["\r\n]/.test(text))
    throw new InvalidArgumentError('It must be text without quotes and newlines.');
  return text.replaceAll('\\t', '\t');
}

function shareOf(text: string): number {
  const value = number(text);
  if (!(value > 0 && value <= 1)) throw new InvalidArgumentError('It must be above 0 and at most 1.');
  return value;
}
