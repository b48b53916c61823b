/** Fields of the usual kinds, in one line each. */
import type { FieldType } from '../api/field-type.ts'
import { defaultValues } from './field-catalog.ts'
import type { FieldSpec } from './field-catalog.ts'

type Extras = Partial<Pick<FieldSpec, 'nullRate' | 'masked' | 'inMetadata' | 'searchable'>>

export const ALWAYS: Extras = { nullRate: 0 }
export const MASKED: Extras = { nullRate: 0, masked: true }
export const RARE: Extras = { nullRate: 0.8 }

/** The record's own state, of which its collection tells. @param options all its values, if the metadata lists them */
export function fact(
  name: string,
  type: FieldType,
  extras: Extras = ALWAYS,
  options: readonly string[] = [],
): FieldSpec {
  return { name, type, values: { kind: 'fact', options }, ...extras }
}

export function choice(name: string, options: readonly string[], extras: Extras = {}): FieldSpec {
  return { name, type: 'Character', values: { kind: 'choice', options }, ...extras }
}

export function multi(name: string, ...options: string[]): FieldSpec {
  return { name, type: 'Character', values: { kind: 'multi', options }, nullRate: 0.4 }
}

export function words(name: string, min: number, max: number, extras: Extras = {}): FieldSpec {
  return { name, type: 'Character', values: { kind: 'words', min, max }, ...extras }
}

/** `#` stands for a digit. */
export function pattern(name: string, text: string, extras: Extras = {}): FieldSpec {
  return { name, type: 'Character', values: { kind: 'pattern', pattern: text }, ...extras }
}

export function integer(name: string, min: number, max: number, extras: Extras = {}): FieldSpec {
  return { name, type: 'Integer', values: { kind: 'integer', min, max }, ...extras }
}

export function decimal(name: string, min: number, max: number, digits = 0, extras: Extras = {}): FieldSpec {
  return { name, type: 'Decimal', values: { kind: 'decimal', min, max, digits }, ...extras }
}

export function plain(type: 'Boolean' | 'Date' | 'Datetime', name: string, extras: Extras = {}): FieldSpec {
  return { name, type, values: defaultValues(type), ...extras }
}
