// @ts-check
/** Sentence embeddings of transformers.js: one row of 384 numbers for each text. */
import { pipeline } from '@huggingface/transformers';

const extract = await pipeline('feature-extraction', 'Xenova/all-MiniLM-L6-v2', { dtype: 'fp32' });

/** The tensor [texts, 384]: `pooling` makes one row of the rows of all words. @param {string[]} texts */
export const embed = (texts) => extract(texts, { pooling: 'mean', normalize: true });
