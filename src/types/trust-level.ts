/**
 * Trust: how far a repository's claim to have content is believed. Dead repositories' locations are ignored, untrusted
 * ones never count as copies, and trusted ones count without being asked.
 */

export type TrustLevel = 'dead' | 'untrusted' | 'semitrusted' | 'trusted';

/** What a repository has that nobody said anything about. */
export const defaultTrustLevel: TrustLevel = 'semitrusted';
